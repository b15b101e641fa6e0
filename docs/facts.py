"""What sources say of the products, beside what the presets simulate: ``python docs/facts.py``.

One list of facts. Each has a source, the range that the source allows, and a function of a study. The page
`facts.md` shows them, and cannot be built while a value lies outside its range.
"""

import datetime
import functools
import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from IPython.display import Markdown
from scipy.stats import t as student
from tables import table

import simlimit as sl

REPLICATIONS = 8
SEED = 1

Values = npt.NDArray[np.float64]
Measure = Callable[[sl.Study], "pd.Series[float] | float"]
"""A value of each replication, or one value that no chance changes."""

QUALITY = {
    "zhifou.net.cn": "B",
    "kfkhr 2922507": "B",
    "8809792.com": "B",
    "lfasc.com": "B",
    "gucheng 4109713": "B",
    "wodefinance": "B",
    "Reuters 2020-12-23": "A",
    "Reuters, Pandaily": "A",
    "Reuters and Pandaily": "A",
    "Ant Group prospectus": "B",
    "BPI Challenge 2012": "A",
    "chinabankingnews": "A",
    "Yicai": "A",
    "Gazette 2025/11926": "A",
    "jin gui 2025 no. 9": "B",
    "am730 2025-12-23": "A",
    "163.com": "A",
    "capitalone.com": "A",
    "support.missionlane.com": "A",
    "CFPB via insideARM": "A",
    "American Banker": "A",
    "Yeh and Lien 2009": "A",
}
"""A: official, press or data. B: blogs, or what is told at second hand."""


class Fact(NamedTuple):
    """What a source says, and what must be so in a preset."""

    preset: str
    says: str
    source: str
    simulated: str
    least: float
    most: float
    why: str
    """Why the range is what it is."""
    measure: Measure
    unit: str = ""
    changes: Mapping[str, object] = {}
    """Of the preset, so that the value can be seen."""
    borrowers: int = 1_000
    replications: int = REPLICATIONS


class Row(NamedTuple):
    """A fact and its simulated value, with a 95 % interval over replications where chance plays a part."""

    fact: Fact
    value: float
    low: float
    high: float

    @property
    def holds(self) -> bool:
        """Tell whether the value is within the range."""
        return self.fact.least <= self.value <= self.fact.most


# What is looked at


def observed(study: sl.Study) -> pd.DataFrame:
    """Return the repayments after the warm-up that are followed for 90 days."""
    days = study.scenario.warmup_days, study.scenario.horizon_days - study.follow_up_days
    holds = study.holds
    return holds[(holds["kind"] == "repayment") & holds["repaid_at"].between(*days)]


def spells(study: sl.Study) -> pd.DataFrame:
    """Return the spells of missed payments: first missed due day, and day on which all was paid or lost."""
    events = study.events[study.events["event"].isin(["miss", "repayment", "default"])]
    events = events.sort_values(["replication", "borrower", "day"], kind="stable")
    missed = events["event"] == "miss"
    of_one = events.groupby(["replication", "borrower"], sort=False)
    begins = missed & (of_one["event"].shift() != "miss")
    ends = events["day"].where(~missed)
    last = ends.groupby([events["replication"], events["borrower"]], sort=False).bfill()
    found = events.loc[begins, ["replication", "borrower", "day"]].assign(end=last[begins])
    return found.fillna({"end": study.scenario.horizon_days}).astype({"end": int})


def is_late(holds: pd.DataFrame, study: sl.Study) -> "pd.Series[bool]":
    """Return which repayments end a spell of missed payments."""
    keys = ["replication", "borrower", "repaid_at"]
    ended = spells(study).rename(columns={"end": "repaid_at"})[keys]
    return pd.Series(pd.MultiIndex.from_frame(holds[keys]).isin(pd.MultiIndex.from_frame(ended)), holds.index)


def is_early(holds: pd.DataFrame) -> "pd.Series[bool]":
    """Return which repayments are of a whole loan before it is due, where instalments are released."""
    return holds["loan"] >= 0


def meets_evaluation(holds: pd.DataFrame, study: sl.Study) -> "pd.Series[bool]":
    """Return which repayments meet an evaluation of their borrower whose result comes on a later day."""
    first = study.borrowers.set_index(["replication", "borrower"])["evaluation_day"]
    keys = pd.MultiIndex.from_frame(holds[["replication", "borrower"]])
    since = holds["repaid_at"] - first.reindex(keys).to_numpy()
    evaluation = study.scenario.evaluation
    return (since > 0) & (since % evaluation.period_days).between(1, evaluation.duration_days - 1)


def share(of: "pd.Series[bool]", holds: pd.DataFrame) -> "pd.Series[float]":
    """Return the share of holds, in each replication."""
    return of.astype(float).groupby(holds["replication"]).mean()


def open_days(study: sl.Study) -> Values:
    """Return the number of open days before each day, by the calendar of the scenario."""
    calendar, start = study.scenario.calendar, pd.Timestamp(study.scenario.start_date)
    dates = pd.date_range(start, periods=study.scenario.horizon_days + 1)
    closed = dates.day_name().str.lower().isin(calendar.closed_weekdays)
    closed = (closed | dates.isin(pd.to_datetime(list(calendar.holidays)))) & ~dates.isin(
        pd.to_datetime(list(calendar.workdays))
    )
    return np.concatenate([[0.0], np.cumsum(~closed)[:-1]])


def falls(study: sl.Study, cause: str) -> pd.DataFrame:
    """Return the cuts of a cause after the warm-up, each with the share of the line that it takes."""
    moves = study.events[study.events["event"].isin(["cut", "exit", "raise"])]
    sign = np.where(moves["event"] == "raise", 1.0, -1.0)
    moves = moves.assign(change=sign * moves["amount"]).iloc[::-1]
    last = study.borrowers.set_index(["replication", "borrower"])["limit"]
    keys = [moves["replication"], moves["borrower"]]
    after = last.reindex(pd.MultiIndex.from_arrays(keys)).to_numpy() - (
        moves.groupby(keys)["change"].cumsum() - moves["change"]
    )
    moves = moves.assign(fall=moves["amount"] / (after - moves["change"]))
    wanted = (moves["event"] == "cut") & (moves["cause"] == cause)
    return moves[wanted & (moves["day"] >= study.scenario.warmup_days)]


# What is measured


def field(name: str, times: float = 1.0) -> Measure:
    """Return a measure of what a field of the scenario says."""
    return lambda study: times * functools.reduce(getattr, name.split("."), study.scenario)


def on_time_at_once(study: sl.Study) -> "pd.Series[float]":
    """Return the share of instalments paid on time that are back on the same day."""
    holds = observed(study)
    holds = holds[~is_early(holds) & ~is_late(holds, study)]
    return share((holds["outcome"] == "released") & (holds["delay_days"] == 0), holds)


def late_at_once(study: sl.Study) -> "pd.Series[float]":
    """Return the share of payments a month or more overdue that are back on the same day."""
    holds = observed(study)
    holds = holds[is_late(holds, study)]
    return share((holds["outcome"] == "released") & (holds["delay_days"] == 0), holds)


def early_at_once(study: sl.Study) -> "pd.Series[float]":
    """Return the share of early repayments into a running evaluation that are back on the same day."""
    holds = observed(study)
    holds = holds[is_early(holds) & meets_evaluation(holds, study)]
    return share((holds["outcome"] == "released") & (holds["delay_days"] == 0), holds)


def others_held_up(study: sl.Study) -> "pd.Series[float]":
    """Return the share of instalments into a running evaluation that wait for it."""
    holds = observed(study)
    holds = holds[~is_early(holds) & meets_evaluation(holds, study)]
    return share(holds["days_evaluation"] > 0, holds)


def days_flagged(study: sl.Study) -> "pd.Series[float]":
    """Return the mean days at behaviour analysis of what waits there at all."""
    holds = observed(study)
    return holds[holds["days_behaviour"] > 0].groupby("replication")["days_behaviour"].mean()


def reviews(study: sl.Study) -> pd.DataFrame:
    """Return the holds that were reviewed after the warm-up."""
    holds = observed(study)
    holds = holds[holds["reviewed_at"] >= holds["approved_at"]]
    return holds.astype({"reviewed_at": int, "approved_at": int})


def working_days_of_review(study: sl.Study) -> "pd.Series[float]":
    """Return the mean open days from the desk's receipt to its decision."""
    done, count = reviews(study), open_days(study)
    waited = count[done["reviewed_at"]] - count[done["approved_at"]]
    return pd.Series(waited, done.index).groupby(done["replication"]).mean()


def reviewed_share(study: sl.Study) -> "pd.Series[float]":
    """Return the share of repayments that come to the desk."""
    holds = observed(study)
    return share(holds["reviewed_at"].notna() | (holds["days_review"] > 0), holds)


def on_sundays(study: sl.Study) -> "pd.Series[float]":
    """Return the share of reviews that take effect on a Sunday."""
    done = reviews(study)
    dates = pd.Timestamp(study.scenario.start_date) + pd.to_timedelta(done["reviewed_at"], unit="D")
    return share(dates.dt.day_of_week == 6, done)


def days_between_evaluations(study: sl.Study) -> "pd.Series[float]":
    """Return the mean days from one evaluation of a borrower to the next."""
    events = study.events[study.events["event"] == "evaluation"]
    events = events.sort_values(["replication", "borrower", "day"])
    gaps = events.groupby(["replication", "borrower"])["day"].diff()
    return gaps.groupby(events["replication"]).mean()


def past_due(study: sl.Study) -> "pd.Series[float]":
    """Return the share of the balance that is 30-89 days past due, on average over the days observed."""
    warmup, horizon = study.scenario.warmup_days, study.scenario.horizon_days
    late, events = spells(study), study.events
    signs = {"draw": 1.0, "repayment": -1.0, "prepayment": -1.0, "default": -1.0}
    moves = events[events["event"].isin(list(signs))]
    values = {}
    for replication, book in study.borrowers.groupby("replication"):
        mine, own = (one[one["replication"] == replication] for one in (moves, late))
        change = np.zeros((len(book), horizon + 1))
        np.add.at(change, (mine["borrower"], mine["day"] + 1), mine["amount"] * mine["event"].map(signs))
        owed = (book["outstanding"].to_numpy() - change.sum(axis=1))[:, None] + change.cumsum(axis=1)
        marks = np.zeros((len(book), horizon + 91))
        begin = own["day"] + 30
        end = np.clip(own["end"], begin, own["day"] + 90)
        np.add.at(marks, (own["borrower"], begin), 1.0)
        np.add.at(marks, (own["borrower"], end), -1.0)
        evenings = slice(warmup, horizon)
        overdue = marks.cumsum(axis=1)[:, evenings] * owed[:, 1:][:, evenings]
        values[replication] = overdue.sum() / owed[:, 1:][:, evenings].sum()
    return pd.Series(values)


def smallest_limit(study: sl.Study) -> float:
    """Return the smallest line that any borrower had at its highest."""
    return float(study.borrowers["highest_limit"].min())


def largest_limit(study: sl.Study) -> float:
    """Return the highest line that any borrower had."""
    return float(study.borrowers["highest_limit"].max())


def largest_limit_at_the_end(study: sl.Study) -> float:
    """Return the highest line that any borrower has when the run ends."""
    return float(study.borrowers["limit"].max())


def own_share(study: sl.Study) -> float:
    """Return the share of the daily inflow that is own capital."""
    first, *others = (one.daily_inflow for one in study.scenario.funding.facilities)
    return first / sum((first, *others))


def sd_of_log_service(study: sl.Study) -> float:
    """Return the standard deviation of the log of service times."""
    return math.sqrt(math.log1p(study.scenario.review.service_cv**2))


def median_fall(cause: str) -> Measure:
    """Return a measure of the median share that the cuts of a cause take."""
    return lambda study: falls(study, cause).groupby("replication")["fall"].median()


def median_fall_on(date: datetime.date) -> Measure:
    """Return a measure of the median share that the cuts of one date take."""

    def measure(study: sl.Study) -> "pd.Series[float]":
        cuts = falls(study, "limit_cut")
        day = (date - study.scenario.start_date).days
        return cuts[cuts["day"] == day].groupby("replication")["fall"].median()

    return measure


def most_cuts_a_year(study: sl.Study) -> float:
    """Return how often the line that was cut most often was cut in a year."""
    cuts = falls(study, "score")
    year = (cuts["day"] - study.scenario.warmup_days) // 365
    return float(cuts.groupby([cuts["replication"], cuts["borrower"], year]).size().max())


def cut_a_quarter(study: sl.Study) -> "pd.Series[float]":
    """Return the share of lines that are cut in a quarter, cut by their score."""
    days = study.scenario.horizon_days - study.scenario.warmup_days
    cuts = falls(study, "score").groupby("replication").size()
    lines = study.borrowers.groupby("replication").size()
    return cuts.reindex(lines.index, fill_value=0) / lines * 91 / days


def days_after_settlement(quantile: float) -> Measure:
    """Return a measure of the days from the end of a loan to its release."""

    def measure(study: sl.Study) -> "pd.Series[float]":
        holds = observed(study)
        days = holds["delay_days"] - holds["days_settlement"]
        return days[holds["outcome"] == "released"].groupby(holds["replication"]).quantile(quantile)

    return measure


def before_settlement(study: sl.Study) -> "pd.Series[float]":
    """Return the share of repayments that come back before a later one of the same loan is made."""
    holds = observed(study)
    last = holds.groupby(["replication", "loan"])["repaid_at"].transform("max")
    return share((holds["ended_at"] < last) & (holds["outcome"] == "released"), holds)


def most_instalments(study: sl.Study) -> float:
    """Return the number of the last instalment that was paid of any loan."""
    return float(study.holds["instalment"].max())


def defaults(study: sl.Study) -> pd.DataFrame:
    """Return the defaults after the warm-up, with the first missed due day of each."""
    events = study.events[study.events["event"] == "default"]
    keys = ["replication", "borrower"]
    found = events[[*keys, "day", "amount"]].merge(
        spells(study).rename(columns={"day": "missed", "end": "day"}), on=[*keys, "day"]
    )
    return found[(found["day"] >= study.scenario.warmup_days) & (found["amount"] > 0)]


def owed_at_default(study: sl.Study) -> "pd.Series[float]":
    """Return the mean balance of those who default."""
    return defaults(study).groupby("replication")["amount"].mean()


def loans_at_default(study: sl.Study) -> "pd.Series[float]":
    """Return the mean number of open loans of those who default."""
    events, keys = study.events, ["replication", "borrower"]
    product = study.scenario.product
    settled = events.loc[events["event"] == "prepayment", [*keys, "loan"]].assign(settled=True)
    draws = events.loc[events["event"] == "draw", [*keys, "loan", "day"]].rename(columns={"day": "drawn"})
    draws = draws.merge(settled, on=[*keys, "loan"], how="left")
    draws = draws[draws["settled"].isna()].merge(defaults(study), on=keys)
    paid = (draws["missed"] - draws["drawn"] - 1) // product.cycle_days
    is_open = (draws["drawn"] < draws["day"]) & (paid < product.instalments)
    return draws[is_open].groupby(keys).size().groupby("replication").mean()


def cleared_after(date: datetime.date) -> Measure:
    """Return a measure of the borrowers whose record is cleared on a date."""

    def measure(study: sl.Study) -> float:
        cleared = study.events[study.events["event"] == "cleared"]
        day = (date - study.scenario.start_date).days
        return float((cleared["day"] == day).mean()) if len(cleared) else 0.0

    return measure


def cure_in_month(month: int) -> Measure:
    """Return a measure of the share of late spells that end in a month, of those that reach it."""

    def measure(study: sl.Study) -> "pd.Series[float]":
        cycle, horizon = study.scenario.product.cycle_days, study.scenario.horizon_days
        found = spells(study)
        found = found[found["day"] + month * cycle < horizon]
        months = (found["end"] - found["day"]) // cycle
        reached = found[months >= month]
        return share((months[reached.index] == month) & (reached["end"] < horizon), reached)

    return measure


def log_limits(statistic: str) -> Measure:
    """Return a measure of the mean, or the standard deviation, of the log of limits at the start."""

    def measure(study: sl.Study) -> "pd.Series[float]":
        logs = np.log(study.borrowers["highest_limit"])
        found: pd.Series[float] = logs.groupby(study.borrowers["replication"]).agg(statistic)
        return found

    return measure


def at_once(study: sl.Study) -> "pd.Series[float]":
    """Return the share of payments that are back on the same day."""
    holds = observed(study)
    return share((holds["outcome"] == "released") & (holds["delay_days"] == 0), holds)


def days_of_clearing(study: sl.Study) -> "pd.Series[float]":
    """Return the mean days until payments are good."""
    holds = observed(study)
    return (holds["good_at"] - holds["repaid_at"]).groupby(holds["replication"]).mean()


def long_clearing(study: sl.Study) -> "pd.Series[float]":
    """Return the days until nine in ten payments are good."""
    holds = observed(study)
    return (holds["good_at"] - holds["repaid_at"]).groupby(holds["replication"]).quantile(0.9)


MANY = 80
"""Replications for what a few slow reviews decide: while one takes months, all others wait."""
DUTCH_DESK = "a Dutch bank's loan desk, in two years"
ALL_CLEAR = {"product.clearing_share": 1.0}
UCI = {"population.borrowers": 30_000, "horizon_days": 210}

FACTS: tuple[Fact, ...] = (
    Fact(
        "jiebei", "on time or mildly overdue and settled: in real time", "zhifou.net.cn",
        "on-time instalments that are back on the same day", 0.75, 1.0,
        "told as the rule, without a share: at least three in four", on_time_at_once, "%",
    ),
    Fact(
        "jiebei", "severely overdue: not in real time", "zhifou.net.cn",
        "payments a month or more overdue that are back on the same day", 0.0, 0.0,
        "told without exception", late_at_once, "%",
    ),
    Fact(
        "jiebei", "repaid early while an evaluation runs: waits for its result", "zhifou.net.cn",
        "of these, back on the same day", 0.0, 0.0, "told without exception", early_at_once, "%",
    ),
    Fact(
        "jiebei", "the evaluation that runs holds up what is repaid early", "zhifou.net.cn",
        "instalments that it holds up, too", 0.0, 0.0, "the source speaks of early repayments only",
        others_held_up, "%",
    ),
    Fact(
        "jiebei", "risk freezes of 3-30 days", "kfkhr 2922507", "mean days of what waits while flagged",
        3, 30, "as told", days_flagged, "days",
    ),
    Fact(
        "jiebei", "document review takes 5-10 working days", "kfkhr 2922507",
        "mean open days from gate to decision of the desk", 5, 10, "as told", working_days_of_review, "days",
        {}, 1_000, MANY,
    ),
    Fact(
        "jiebei", f"the log of service has sd 1.52 and 1.58 at {DUTCH_DESK}", "BPI Challenge 2012",
        "sd of the log of service (set)", 1.51, 1.59, "the two years, and rounding", sd_of_log_service,
    ),
    Fact(
        "jiebei", f"fraud checks on 1.2 and 0.8 % of cases at {DUTCH_DESK}", "BPI Challenge 2012",
        "repayments that come to the desk", 0.0075, 0.0125, "the two years, and rounding",
        reviewed_share, "%",
    ),
    Fact(
        "jiebei", f"0.0 and 0.2 % of work starts on Sundays at {DUTCH_DESK}", "BPI Challenge 2012",
        "reviews that end on a Sunday", 0.0, 0.02,
        "China makes up for holidays on two to four Sundays of 250 workdays a year", on_sundays, "%",
    ),
    Fact(
        "jiebei", "Sesame score refreshed once a month", "8809792.com", "mean days between evaluations",
        28, 31, "the lengths of months", days_between_evaluations, "days",
    ),
    Fact(
        "jiebei", "a score of at least 600 on the scale of 350-950", "lfasc.com", "smallest score (set)",
        0.4165, 0.4175, "(600 - 350) / 600, rounded", field("rules.min_score"),
    ),
    Fact(
        "jiebei", "lines of CNY 1,000-300,000", "lfasc.com", "smallest line", 1_000, 300_000, "as told",
        smallest_limit, "CNY",
    ),
    Fact(
        "jiebei", "lines of CNY 1,000-300,000", "lfasc.com", "largest line", 1_000, 300_000, "as told",
        largest_limit, "CNY",
    ),
    Fact(
        "jiebei", "up to 12 months", "lfasc.com", "instalments of a loan (set)", 1, 12, "as told",
        field("product.instalments"),
    ),
    Fact(
        "jiebei", "0.015-0.06 % a day", "lfasc.com", "interest a day (set)", 0.00015, 0.0006, "as told",
        field("product.daily_rate"), "%",
    ),
    Fact(
        "jiebei", "about 2 % on its own book", "Reuters 2020-12-23", "own capital in the inflows (set)",
        0.015, 0.025, "about 2 %, so what rounds to it", own_share, "%",
    ),
    Fact(
        "jiebei", "30+ less 90+ dpd: 0.40, 0.42 and 0.51 % of 2017-19", "Ant Group prospectus",
        "balance 30-89 days past due, in a steady economy", 0.00395, 0.00515, "the three years, and rounding",
        past_due, "%", {"economy.sd": 0.0}, 4_000,
    ),
    Fact(
        "jiebei", "these three rates, and 30+ dpd of 1.76 and 3.01 % in January and May 2020",
        "Ant Group prospectus", "sd of the log of the economy's factor (set)", 0.13, 0.38,
        "sd of the log of the three rates of 30-89 dpd, and of the five of 30+ dpd", field("economy.sd"),
    ),
    Fact(
        "jiebei", "Huabei, another product of the platform, cut 5,000 to 3,500", "Reuters and Pandaily",
        "median cut of those cut by their score", 0.295, 0.305, "one example, with rounding",
        median_fall("score"), "%",
    ),
    Fact(
        "rectification", "2020-07-17: cap of CNY 200,000", "chinabankingnews", "largest line at the end",
        0, 200_000, "as told", largest_limit_at_the_end, "CNY",
    ),
    Fact(
        "rectification", "2020-12-23: young users' lines cut, e.g. 5,000 to 3,500", "Reuters, Pandaily",
        "median cut on that day", 0.295, 0.305, "one example, with rounding",
        median_fall_on(datetime.date(2020, 12, 23)), "%",
    ),
    Fact(
        "welidai", "limit comes back per settled loan", "gucheng 4109713",
        "repayments that come back before their loan is settled", 0.0, 0.0, "told without exception",
        before_settlement, "%",
    ),
    Fact(
        "welidai", "days to a month", "gucheng 4109713", "median days from settlement to release", 2, 31,
        "as told", days_after_settlement(0.5), "days",
    ),
    Fact(
        "welidai", "monthly re-evaluation", "gucheng 4109713", "mean days between evaluations", 28, 31,
        "the lengths of months", days_between_evaluations, "days",
    ),
    Fact(
        "welidai", "up to 20 instalments", "gucheng 4109713", "last instalment of any loan", 1, 20, "as told",
        most_instalments,
    ),
    Fact(
        "welidai", "0.02-0.05 % a day", "wodefinance", "interest a day (set)", 0.0002, 0.0005, "as told",
        field("product.daily_rate"), "%",
    ),
    Fact(
        "welidai", "2020-12: cap from CNY 300,000 to 200,000", "Yicai", "largest line", 0, 200_000, "as told",
        largest_limit, "CNY",
    ),
    Fact(
        "credit-loan", "2020-07-17: cap of CNY 200,000 on banks' online loans", "chinabankingnews",
        "largest line", 0, 200_000, "as told", largest_limit, "CNY",
    ),
    Fact(
        "taiwan-2005", "mean log of the limit 11.663", "Yeh and Lien 2009", "mean log of the limit",
        11.63, 11.70, "three standard errors of 30,000 clients, and the bounds of the table",
        log_limits("mean"), "", UCI, 30_000, 2,
    ),
    Fact(
        "taiwan-2005", "sd of the log of the limit 0.941", "Yeh and Lien 2009", "sd of the log of the limit",
        0.91, 0.96, "the published limits lie between 10,000 and 1,000,000", log_limits("std"), "",
        UCI, 30_000, 2,
    ),
    *(
        Fact(
            "taiwan-2005", f"cures in month {month} after onset: {cured:.3f}", "Yeh and Lien 2009",
            f"cures in month {month}", cured - 0.02, cured + 0.02, "three standard errors of the file",
            cure_in_month(month), "", UCI, 30_000, 2,
        )
        for month, cured in enumerate((0.474, 0.280), 1)
    ),
    Fact(
        "china-2025", "January 2025: at most CNY 200,000 a borrower", "Gazette 2025/11926",
        "largest line at the end", 0, 200_000, "as told", largest_limit_at_the_end, "CNY",
    ),
    Fact(
        "china-2025", "whole cost within 24 % a year", "jin gui 2025 no. 9", "interest a year (set)",
        0.0, 0.24, "as told", field("product.daily_rate", 365), "%",
    ),
    Fact(
        "china-2025", "repaired arrears are not shown from 2026-01-01", "am730 2025-12-23",
        "of all records cleared, on that day", 1.0, 1.0, "one day", cleared_after(datetime.date(2026, 1, 1)),
        "%",
    ),
    Fact(
        "china-2025", "a pack of bad loans: 2.77 a borrower", "163.com", "open loans of who defaults",
        2.0, 3.6, "one pack of one lender, of several products: three in ten either way", loans_at_default,
    ),
    Fact(
        "china-2025", "the same pack: CNY 18,150 a borrower", "163.com", "balance of who defaults",
        12_700, 23_600, "the same, and it includes interest", owed_at_default, "CNY",
    ),
    Fact(
        "us-card", "available credit is normally back at once", "capitalone.com",
        "payments that are back on the same day", 0.5, 1.0, "told as the rule: more than half", at_once, "%",
    ),
    Fact(
        "us-card", "a payment hold lasts about 3-8 days", "capitalone.com",
        "mean days of a payment that has to clear", 3, 8, "as told", days_of_clearing, "days", ALL_CLEAR,
    ),
    Fact(
        "us-card", "up to 7 days", "support.missionlane.com", "days until nine in ten of these are good",
        3, 8, "7 days, and one that is booked the day after", long_clearing, "days", ALL_CLEAR,
    ),
    Fact(
        "us-card", "median cut of a line: 75 %", "CFPB via insideARM", "median cut", 0.745, 0.755,
        "one number, with rounding", median_fall("score"), "%",
    ),
    Fact(
        "us-card", "0.9 % of lines cut in the second quarter of 2020", "American Banker",
        "lines cut a quarter", 0.0, 0.009, "a quarter of crisis: at most that", cut_a_quarter, "%",
    ),
)  # fmt: skip


@functools.cache
def study_of(preset: str, changes: tuple[tuple[str, object], ...], borrowers: int, number: int) -> sl.Study:
    """Return the study of a preset with some fields changed, made once."""
    scenario = sl.preset(preset).scaled(borrowers).replace(dict(changes))
    return sl.replicate(scenario, number, seed=SEED, keep="all", progress=False)


def row(fact: Fact) -> Row:
    """Simulate a fact."""
    study = study_of(fact.preset, tuple(fact.changes.items()), fact.borrowers, fact.replications)
    values = fact.measure(study)
    if not isinstance(values, pd.Series):
        return Row(fact, float(values), math.nan, math.nan)
    values = values.dropna()
    margin = student.ppf(0.975, len(values) - 1) * values.sem() if len(values) > 1 else math.nan
    return Row(fact, values.mean(), values.mean() - margin, values.mean() + margin)


def of_preset(name: str) -> Markdown:
    """Return the facts of a preset as a table, or fail if one does not hold.

    Parameters
    ----------
    name : str
        A preset.

    Returns
    -------
    IPython.display.Markdown
    """
    rows = [row(fact) for fact in FACTS if fact.preset == name]
    failed = [one for one in rows if not one.holds]
    assert not failed, f"These do not hold:\n{markdown(failed)}"
    return Markdown(markdown(rows))


def markdown(rows: Iterable[Row]) -> str:
    """Return rows as a table in Markdown."""
    header = ["what is said", "source", "what is simulated", "allowed", "why", "simulated", "holds"]
    return table(header, [_cells(one) for one in rows])


def _cells(one: Row) -> list[str]:
    fact = one.fact
    ends = [_text(end, fact.unit) for end in (fact.least, fact.most)]
    allowed = ends[0] if fact.least == fact.most else " to ".join(ends)
    value = _text(one.value, fact.unit)
    if not math.isnan(one.low):
        value += f" ({_text(one.low, fact.unit)} to {_text(one.high, fact.unit)})"
    source = f"{fact.source} ({QUALITY[fact.source]})"
    return [fact.says, source, fact.simulated, allowed, fact.why, value, "yes" if one.holds else "**no**"]


def _text(value: float, unit: str) -> str:
    if unit == "%":
        return f"{100 * value:.3g} %"
    return f"{value:,.0f} CNY" if unit == "CNY" else f"{value:.4g} {unit}".strip()


if __name__ == "__main__":
    print(markdown(row(fact) for fact in FACTS))
