"""The answer of a result, in sentences with intervals: what is not known is said to be so."""

from collections.abc import Iterable
from functools import singledispatch
from typing import Any

import numpy as np
import pandas as pd

import simlimit
from simlimit.delays import describe_quantiles
from simlimit.reports.calls import Result
from simlimit.reports.words import Words
from simlimit.run.run import delay_by_cause, repayment_holds
from simlimit.study.attribution import GATES, TOTAL
from simlimit.study.metrics import BESIDE_LOSSES, DAYS_PER_YEAR, LOSSES
from simlimit.study.ranking import ALL
from simlimit.tables.numbers import share_text, value_text
from simlimit.tables.results import Effect, conclusions, estimate_texts, rows_of, verdict_text
from simlimit.tables.units import HEADLINES, PARTS, Unit

AGES = (7, 30, 90)
# Shorter waits would be shown as 0.00 days.
LEAST_SHOWN = 0.005
# A gate that explains less of all is left to the table.
LEAST = 0.001
AWAY = "days_away"
ENDS = ("difference", "low", "high")
SHARE = Unit(100, 1, "% of replications")
NOT_DETERMINED = "not determined"


@singledispatch
def answer(result: Result, words: Words) -> list[str]:
    """Return the sentences that answer what a result was made for."""
    raise TypeError


@answer.register
def _(result: simlimit.Study, words: Words) -> list[str]:
    rows, days = rows_of(result.summary()), result.follow_up_days
    if not np.isfinite(rows[AWAY]["estimate"]):
        return words.all("answers", "none_followed", days=days)
    values = {metric: words.measured(row, metric) for metric, row in rows.items()}
    ages = [age for age in AGES if age <= days]
    released = [words("answers", "within", share=values[f"released_within_{age}d"], day=age) for age in ages]
    parts = {part: rows[part]["estimate"] for part in PARTS if rows[part]["estimate"] >= LEAST_SHOWN}
    told = [_part(part, values[part], words) for part in sorted(parts, key=parts.__getitem__, reverse=True)]
    a_day = {end: value / DAYS_PER_YEAR for end, value in rows[BESIDE_LOSSES].items()}
    values["lost"] = words.measured(a_day, BESIDE_LOSSES)
    parts_told = words.listed(told) or words("answers", "no_cause")
    first, *others = words.all("answers", "Study", days=days, parts=parts_told, **values)
    waiting = [words("answers", "waiting", released=words.listed(released))] if released else []
    return [first, *waiting, *others]


def _part(part: str, value: str, words: Words) -> str:
    return words("numbers", "part", what=words("causes", part.removeprefix("days_")), value=value)


@answer.register
def _(result: simlimit.Run, words: Words) -> list[str]:
    if result.keep == "counts":
        return words.all("answers", "Run")
    holds, causes = repayment_holds(result), delay_by_cause(result)
    days = causes["share_of_days"].drop("total").sort_values(ascending=False)
    told = [_part(str(one), words.text(share_text(share)), words) for one, share in days.items() if share > 0]
    counts = {"number": len(holds), "waited": causes["holds"]["total"]}
    counts["forfeited"] = (holds["forfeited_amount"] > 0).sum()
    parts = words.listed(told) or words("answers", "no_cause")
    return words.all("answers", "Run") + words.all("answers", "Holds", parts=parts, **counts)


@answer.register
def _(result: simlimit.Comparison, words: Words) -> list[str]:
    table, sentences = result.differences(), list[str]()
    days = result.studies[result.reference].follow_up_days
    for name in [*result.studies][1:]:
        rows = rows_of(table.xs(name))
        sentences.append(_away(name, result.reference, rows[AWAY], words))
        others = [metric for metric in HEADLINES if metric in rows and metric != AWAY]
        told = [(words.metric(one, days, with_unit=True), rows[one], one) for one in others]
        sentences += _by_verdict(name, told, words)
    return sentences


def _away(name: str, reference: str, row: Effect, words: Words) -> str:
    """Return whether an amount is away longer than in the reference, or shorter, or whether that is open."""
    key, sign = f"away_{verdict_text(row['significant'])}", "+"
    if key == "away_yes":
        key, sign = "more" if row["difference"] > 0 else "fewer", ""
        size = [row[end] * np.sign(row["difference"]) for end in ENDS]
        row = dict(zip(ENDS, (size[0], *sorted(size[1:])), strict=True))
    value = words.measured(row, AWAY, sign, ENDS)
    return words("answers", key, name=name, reference=reference, value=value)


def _by_verdict(subject: str, effects: Iterable[tuple[str, Effect, str]], words: Words) -> list[str]:
    """Return a sentence each for effects that are significant, that may be 0, and that are not known.

    Parameters
    ----------
    subject : str
        What has the effects.
    effects : iterable of (str, mapping, str)
        What each is on, its row of a table of differences, and the metric.
    words : Words
    """
    told: dict[str, list[str]] = {"yes": [], "no": [], "unknown": []}
    for what, row, metric in effects:
        value = words.measured(row, metric, "+", ENDS)
        told[verdict_text(row["significant"])].append(words("numbers", "item", what=what, value=value))
    return [words("answers", key, name=subject, parts=words.listed(one)) for key, one in told.items() if one]


@answer.register
def _(result: simlimit.Sweep, words: Words) -> list[str]:
    rows = rows_of(result.summary().xs(AWAY, level="metric"))
    known = {point: row["estimate"] for point, row in rows.items() if np.isfinite(row["estimate"])}
    days = next(iter(result.studies.values())).follow_up_days
    if not known:
        return words.all("answers", "none_followed", days=days)
    ends = dict[str, str]()
    for which, choose in (("least", min), ("most", max)):
        point = choose(known, key=known.__getitem__)
        texts = map(words.text, map(value_text, point if isinstance(point, tuple) else (point,)))
        at = (f"{field} {text}" for field, text in zip(result.fields, texts, strict=True))
        ends |= {f"{which}_at": words.listed(at), which: words.measured(rows[point], AWAY)}
    return words.all("answers", "Sweep", **ends, days=days, points=len(rows))


@answer.register
def _(result: simlimit.LeverRanking, words: Words) -> list[str]:
    columns = [f"alone{end}" for end in ("", "_low", "_high", "_significant")]
    effects = result.table()[columns].set_axis([*ENDS, "significant"], axis=1)
    away = {name: row for name, row in rows_of(effects.xs(AWAY)).items() if name != ALL}
    less = {name: row["difference"] for name, row in away.items() if row["difference"] < 0}
    helpful = {name: less[name] for name in less if verdict_text(away[name]["significant"]) == "yes"}
    sentences = [words("answers", "none_helps")]
    if helpful:
        name = min(helpful, key=helpful.__getitem__)
        value = words.measured(away[name], AWAY, "+", ENDS)
        sentences = [words("answers", "best", name=words.text(name), value=value)]
    for metric in (AWAY, BESIDE_LOSSES, *LOSSES):
        what = words("answers", "alone", what=words.metric(metric, result.follow_up_days, with_unit=True))
        told = [(words.text(name), row, metric) for name, row in rows_of(effects.xs(metric)).items()]
        sentences += _by_verdict(what, told, words)
    return sentences


@answer.register
def _(result: simlimit.Attribution, words: Words) -> list[str]:
    rows, sentences = rows_of(result.table()), list[str]()
    # Losses can fall because credit is taken away.
    asked = {result.metric: "shapley"} | ({BESIDE_LOSSES: BESIDE_LOSSES} if result.metric in LOSSES else {})
    for metric, column in asked.items():
        names = column, f"{column}_low", f"{column}_high"
        value = {name: words.measured(row, metric, "", names) for name, row in rows.items()}
        # Of income they explain what is missing, which is below 0.
        sizes, least = {name: abs(rows[name][column]) for name in GATES}, abs(rows[TOTAL][column]) * LEAST
        order = sorted((name for name in GATES if sizes[name] > least), key=sizes.__getitem__, reverse=True)
        told = [words("numbers", "item", what=words.text(name), value=value[name]) for name in order]
        named = words.metric(metric, result.follow_up_days, with_unit=True)
        sentences += [words("answers", "Attribution", metric=named, **value)]
        sentences += [words("answers", "by_gate", parts=words.listed(told))] if told else []
    return sentences


@answer.register
def _(result: simlimit.Recovery, words: Words) -> list[str]:
    table = result.table()
    half, most = map(words.text, describe_quantiles(table))
    names = "recovered", "recovered_low", "recovered_high"
    recovered = words.measured(table.iloc[0].to_dict(), SHARE, names=names)
    return words.all("answers", "Recovery", recovered=recovered, half=half, most=most)


@answer.register
def _(result: simlimit.Fit, words: Words) -> list[str]:
    broken = [words.text(str(name)) for name, row in result.check().iterrows() if row["breaks"]]
    sentences = [words("answers", "cannot" if broken else "can", parts=words.listed(broken))]
    table = result.table()
    for verdict in ("determined", "weakly determined", NOT_DETERMINED):
        rows = table[table["verdict"] == verdict]
        told = [*map(str, rows.index)]
        if verdict != NOT_DETERMINED:
            told = [_parameter(str(name), row, words) for name, row in rows.iterrows()]
        sentences += [words("answers", verdict, parts=words.listed(told))] if told else []
    # Below the table of parameters stands, after the first note, what the log cannot tell apart.
    apart = map(words.text, result._tables()[0].notes[1:])
    return [*sentences, *apart, words("answers", "read", read=result.read)]


def _parameter(name: str, row: "pd.Series[Any]", words: Words) -> str:
    value, *ends = estimate_texts(row)
    if len(ends) == 2:
        return words("answers", "likely", name=name, value=value, low=ends[0], high=ends[1])
    return words("answers", "probable", name=name, value=value, share=ends[0])


@answer.register
def _(result: simlimit.Sensitivity, words: Words) -> list[str]:
    return [*map(words.text, conclusions(result.table()["verdict"], result.metric))]


@answer.register
def _(result: simlimit.Optimum, words: Words) -> list[str]:
    return [*map(words.text, result._notes())]
