"""The pictures that are kept, each by its name, and what they show: small, and the same every time.

``PYTHONPATH=tests python tests/plots/gallery.py`` draws them all into tests/plots/pictures; look at them
before you commit.
"""

import datetime
from collections.abc import Callable
from functools import cache
from pathlib import Path
from unittest import mock

import matplotlib as mpl
import pandas as pd
from lender import LENDER
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

import simlimit as sl
from simlimit import plots
from simlimit.plots import labels

PICTURES = Path(__file__).parent / "pictures"
DPI = 60
PLACE = (0.14, 0.22, 0.62, 0.64)
"""Of the axes in the figure: labels all around have room."""
SMALL = LENDER.replace(
    {
        "name": "jiebei",
        "start_date": datetime.date(2020, 1, 1),
        "population.borrowers": 150,
        "horizon_days": 400,
        "warmup_days": 100,
        "limits.cut_score": 0.55,  # so that a few are cut while they wait
    }
)
FREEZE_DAY = 200
FROZEN = SMALL.replace({"shocks": [{"kind": "freeze", "at": FREEZE_DAY, "duration_days": 30}]})
WAITING = SMALL.replace({"evaluation.straight_through": False})
REPLICATIONS = 8
FEW_DAYS = (290, datetime.date(2021, 1, 30))
WITH_A_CUT = 16
"""A borrower whose limit is cut while holds wait."""


@cache
def run() -> sl.Run:
    return sl.simulate(SMALL, seed=3, engine="calendar")


@cache
def study() -> sl.Study:
    return sl.replicate(SMALL, REPLICATIONS, seed=3)


@cache
def waiting() -> sl.Study:
    return sl.replicate(WAITING, REPLICATIONS, seed=3)


@cache
def watched() -> sl.Study:
    return sl.replicate(WAITING, REPLICATIONS, seed=3, by="watched")


def holds() -> pd.DataFrame:
    """A release log of one platform that knows what becomes of its holds."""
    return run().holds.query("kind == 'repayment'")


@cache
def frozen() -> sl.Study:
    return sl.replicate(FROZEN, REPLICATIONS, seed=3)


@cache
def recovery() -> sl.Recovery:
    return sl.recovery(FROZEN, REPLICATIONS, seed=3, series="held", progress=False)


@cache
def comparison() -> sl.Comparison:
    weekly = SMALL.replace({"evaluation.period_days": 7})
    return sl.compare({"today": SMALL, "weekly": weekly, "frozen": FROZEN}, REPLICATIONS, seed=3)


@cache
def grid() -> sl.Sweep:
    fields = {"evaluation.period_days": [7, 14, 30], "evaluation.cutoff_days": [0, 3]}
    return sl.sweep(WAITING, fields, REPLICATIONS, seed=3)


LEVERS = [
    sl.Change({"kind": "pay_on_time", "strength": 0.8}, cost=2.0),
    sl.Change({"kind": "better_model", "strength": 0.5}, cost=1.0),
    sl.Change({"kind": "campaign", "strength": 0.2}, cost=4.0),
    sl.Lever(kind="more_funding", strength=0.1),
]


@cache
def ranking() -> sl.LeverRanking:
    return sl.rank_levers(SMALL, LEVERS, 2 * REPLICATIONS, seed=3)


@cache
def attribution() -> sl.Attribution:
    return sl.attribute(FROZEN, 4, seed=3)


@cache
def optimum() -> sl.Optimum:
    """Of two objectives, with a bound and a budget, in which each status occurs but one."""
    choices = {"evaluation.period_days": [7, 14, 30], "rules.min_score": [0.3, 0.55]}
    return sl.optimise(
        WAITING,
        choices,
        ["days_away", "limit_days_lost"],
        {"released_within_7d": sl.at_least(0.2)},
        costs={"evaluation.period_days": -100},
        budget=2_000,
        n=60,
        seed=3,
        progress=False,
    )


@cache
def log() -> pd.DataFrame:
    """A release log of a user's own, with an outcome of its own."""
    outcomes = ["back", "back", "lost", "back", "pending", "back", "moved", "back"]
    return pd.DataFrame({"delay_days": [0, 0, 3, 5.5, 9, 12, 14, 20], "outcome": outcomes})


@cache
def fitted() -> sl.Fit:
    """Of a platform that rests at weekends, as the scenario does not; field, factor and choice are free."""
    waiting = sl.preset("clockwork").replace(
        {
            "horizon_days": 200,
            "population.borrowers": 50,
            "behaviour.slip_share": 0.05,
            "evaluation.straight_through": False,
        }
    )
    rests = {"calendar.closed_weekdays": ["saturday", "sunday"], "calendar.rests": ["evaluation", "funding"]}
    log = sl.simulate(waiting.replace({**rests, "evaluation.period_days": 20}), seed=5).holds
    free = {
        "evaluation.period_days": (7, 60),
        "slips": {"fields": ["behaviour.slip_share"], "factor": (0.0, 2.0)},
        "evaluation.cutoff_days": [0, 3],
    }
    return sl.fit(log, waiting, free, n=100, progress=False)


@cache
def sensitivity() -> sl.Sensitivity:
    """Two fields that matter, one that hardly does, and one that does nothing."""
    fields = {
        "evaluation.period_days": (7, 21),
        "evaluation.cutoff_days": (0, 6),
        "screening.false_flag": (0.0, 0.03),
        "reaction.most_lenders": (0, 10),
    }
    small = WAITING.replace({"population.borrowers": 50})
    return sl.sensitivity(small, fields, n=64, seed=3, replications=3, progress=False)


DRAWN: dict[str, Callable[..., Axes]] = {
    "delay-run": lambda **to: plots.delay(run(), **to),
    "delay-study": lambda **to: plots.delay(study(), **to),
    "delay-groups": lambda **to: plots.delay(watched(), 60, by="watched", **to),
    "delay-lines": lambda **to: plots.delay({"log": holds(), "today": study(), "waiting": waiting()}, **to),
    "delay-waiting": lambda **to: plots.delay(waiting(), 60, weight="amount", **to),
    "standing-run": lambda **to: plots.standing(run(), weight="holds", **to),
    "standing-study": lambda **to: plots.standing(study(), **to),
    "incidence-log": lambda **to: plots.incidence(log(), days=(0, 10, 20), **to),
    "incidence-study": lambda **to: plots.incidence(study(), **to),
    "forest": lambda **to: plots.forest(comparison(), metrics=["days_away", "days_policy"], **to),
    "platform-run": lambda **to: plots.platform(run(), **to),
    "platform-study": lambda **to: plots.platform(frozen(), **to),
    "platform-comparison": lambda **to: plots.platform(comparison(), series=["held", "funding_queue"], **to),
    "platform-days": lambda **to: plots.platform(
        run(), days=FEW_DAYS, series=["released", "forfeited"], **to
    ),
    "platform-recovery": lambda **to: plots.platform(recovery(), **to),
    "borrower": lambda **to: plots.borrower(run(), WITH_A_CUT, **to),
    "sweep": lambda **to: plots.sweep(grid(), **to),
    "causes-run": lambda **to: plots.causes(run(), **to),
    "causes-study": lambda **to: plots.causes(study(), **to),
    "tornado": lambda **to: plots.tornado(ranking(), **to),
    "tornado-cost": lambda **to: plots.tornado(ranking(), metric="default_losses", per_cost=True, **to),
    "pareto": lambda **to: plots.pareto(optimum(), **to),
    "contenders": lambda **to: plots.contenders(optimum(), **to),
    "progress": lambda **to: plots.progress(optimum(), **to),
    "attribution": lambda **to: plots.attribution(attribution(), **to),
    "sensitivity": lambda **to: plots.sensitivity(sensitivity(), **to),
    "fit_check": lambda **to: plots.fit_check(fitted(), **to),
    "fit_statistics": lambda **to: plots.fit_statistics(fitted(), **to),
    "fit_parameters": lambda **to: plots.fit_parameters(fitted(), **to),
    "fit_pairs": lambda **to: plots.fit_pairs(fitted(), **to),
    "fit_ranks": lambda **to: plots.fit_ranks(fitted(), **to),
}


@cache
def dark_and_chinese(name: str) -> Axes:
    """Draw a picture on a dark style, in Chinese whatever fonts are installed: it is not looked at."""
    with (
        mpl.style.context("dark_background"),
        mock.patch.object(labels, "cjk_font", return_value="DejaVu Sans"),
    ):
        return DRAWN[name](language="zh")


def draw(name: str, folder: Path) -> tuple[Path, Path]:
    """Draw a picture into a folder without its words, and write its words beside it.

    So neither a user's settings nor the shapes of letters, which differ between versions, change it.
    """
    picture, words = folder / f"{name}.png", folder / f"{name}.txt"
    with mpl.style.context("default"):
        figure = Figure(figsize=(8, 5))
        DRAWN[name](ax=figure.add_axes(PLACE))
        figure.canvas.draw()
        texts = [text.get_text() for text in figure.findobj(Text)]
        words.write_text("\n".join(dict.fromkeys(filter(None, texts))) + "\n", encoding="utf-8")
        for artist in figure.findobj(lambda artist: isinstance(artist, Text | Legend)):
            artist.set_visible(False)
        figure.savefig(picture, dpi=DPI)
    return picture, words


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for name in DRAWN:
        print(*draw(name, PICTURES))
