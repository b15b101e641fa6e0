"""The pictures that are kept, each by its name, and what they show: small, and the same every time.

``python tests/plots/gallery.py`` draws them all into tests/plots/pictures; look at them before you commit.
"""

import datetime
from collections.abc import Callable
from functools import cache
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from lender import LENDER
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

import simlimit as sl
from simlimit import plots

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


DRAWN: dict[str, Callable[[Axes], Axes]] = {
    "delay-run": lambda ax: plots.delay(run(), ax=ax),
    "delay-study": lambda ax: plots.delay(study(), ax=ax),
    "delay-waiting": lambda ax: plots.delay(waiting(), 60, weight="amount", ax=ax),
    "standing-run": lambda ax: plots.standing(run(), weight="holds", ax=ax),
    "standing-study": lambda ax: plots.standing(study(), ax=ax),
    "incidence-log": lambda ax: plots.incidence(log(), days=(0, 10, 20), ax=ax),
    "incidence-study": lambda ax: plots.incidence(study(), ax=ax),
    "forest": lambda ax: plots.forest(comparison(), metrics=["days_away", "days_policy"], ax=ax),
    "platform-run": lambda ax: plots.platform(run(), ax=ax),
    "platform-study": lambda ax: plots.platform(frozen(), ax=ax),
    "platform-comparison": lambda ax: plots.platform(comparison(), series=["held", "funding_queue"], ax=ax),
    "borrower": lambda ax: plots.borrower(run(), WITH_A_CUT, ax=ax),
    "sweep": lambda ax: plots.sweep(grid(), ax=ax),
    "causes-run": lambda ax: plots.causes(run(), ax=ax),
    "causes-study": lambda ax: plots.causes(study(), ax=ax),
    "tornado": lambda ax: plots.tornado(ranking(), ax=ax),
    "tornado-cost": lambda ax: plots.tornado(ranking(), metric="default_losses", per_cost=True, ax=ax),
    "pareto": lambda ax: plots.pareto(optimum(), ax=ax),
    "contenders": lambda ax: plots.contenders(optimum(), ax=ax),
    "progress": lambda ax: plots.progress(optimum(), ax=ax),
    "attribution": lambda ax: plots.attribution(attribution(), ax=ax),
    "sensitivity": lambda ax: plots.sensitivity(sensitivity(), ax=ax),
    "fit_check": lambda ax: plots.fit_check(fitted(), ax=ax),
    "fit_statistics": lambda ax: plots.fit_statistics(fitted(), ax=ax),
    "fit_parameters": lambda ax: plots.fit_parameters(fitted(), ax=ax),
    "fit_pairs": lambda ax: plots.fit_pairs(fitted(), ax=ax),
    "fit_ranks": lambda ax: plots.fit_ranks(fitted(), ax=ax),
}


def draw(name: str, folder: Path) -> tuple[Path, Path]:
    """Draw a picture into a folder without its words, and write its words beside it.

    So neither a user's settings nor the shapes of letters, which differ between versions, change it.
    """
    picture, words = folder / f"{name}.png", folder / f"{name}.txt"
    with mpl.style.context("default"):
        figure = Figure(figsize=(8, 5))
        DRAWN[name](figure.add_axes(PLACE))
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
