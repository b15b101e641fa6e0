"""The answer of a result, in sentences with intervals: what is not known is said to be so."""

from collections.abc import Iterable, Mapping, Sequence
from functools import singledispatch
from typing import Any

import numpy as np
import pandas as pd

from simlimit import Attribution, Comparison, Fit, LeverRanking, Optimum, Recovery, Run, Sensitivity, Study, Sweep
from simlimit.delays import describe_quantiles
from simlimit.reports.words import Words
from simlimit.run.run import delay_by_cause, repayment_holds
from simlimit.study.ranking import ALL
from simlimit.tables.fitted import estimate_texts
from simlimit.tables.numbers import share_text
from simlimit.tables.units import HEADLINES, PARTS
from simlimit.study.metrics import BESIDE_LOSSES, LOSSES

AGES = (7, 30, 90)
DAYS_A_YEAR = 365
# Shorter waits would be shown as 0.00 days.
LEAST_SHOWN = 0.005
AWAY = "days_away"
Rows = Mapping[Any, Mapping[Any, Any]]


@singledispatch
def answer(result: Any, words: Words) -> list[str]:  # noqa: ANN401
    """Return the sentences that answer what a result was made for."""
    raise TypeError


@answer.register
def _(result: Study, words: Words) -> list[str]:
    rows: Rows = result.summary().to_dict("index")
    if not np.isfinite(rows[AWAY]["estimate"]):
        return words.all("answers", "none_followed", days=result.follow_up_days)
    values = {metric: words.measured(row, metric) for metric, row in rows.items()}
    ages = [age for age in AGES if age <= result.follow_up_days]
    released = [words("answers", "within", share=values[f"released_within_{age}d"], day=age) for age in ages]
    parts = {part: rows[part]["estimate"] for part in PARTS if rows[part]["estimate"] >= LEAST_SHOWN}
    told = [_part(part, values[part], words) for part in sorted(parts, key=parts.__getitem__, reverse=True)]
    lost = words.measured({end: value / DAYS_A_YEAR for end, value in rows[BESIDE_LOSSES].items()}, BESIDE_LOSSES)
    listed = {"released": words.listed(released), "parts": words.listed(told) or words("answers", "no_cause"), "lost": lost}
    return words.all("answers", "Study", days=result.follow_up_days, **values, **listed)


def _part(part: str, value: str, words: Words) -> str:
    return words("numbers", "part", what=words("causes", part.removeprefix("days_")), value=value)


@answer.register
def _(result: Run, words: Words) -> list[str]:
    if result.keep == "counts":
        return words.all("answers", "Run")[:1]
    holds, causes = repayment_holds(result), delay_by_cause(result)
    days = causes["share_of_days"].drop("total").sort_values(ascending=False)
    parts = [_part(cause, share_text(share), words) for cause, share in days.items() if share > 0]
    counts = {"holds": f"{len(holds):,}", "waited": f"{causes.loc['total', 'holds']:,}"}
    forfeited = f"{(holds['forfeited_amount'] > 0).sum():,}"
    return words.all("answers", "Run", **counts, forfeited=forfeited, parts=words.listed(parts) or words("answers", "no_cause"))


@answer.register
def _(result: Comparison, words: Words) -> list[str]:
    table, sentences = result.differences(), []
    days = result.studies[result.reference].follow_up_days
    for name in [*result.studies][1:]:
        rows: Rows = table.xs(name).to_dict("index")
        sentences.append(_away(name, result.reference, rows[AWAY], words))
        others = [metric for metric in HEADLINES if metric in rows and metric != AWAY]
        told = [(words.metric(one, days), rows[one], one) for one in others]
        sentences += _by_verdict(name, told, words)
    return sentences


def _away(name: str, reference: str, row: Mapping[Any, Any], words: Words) -> str:
    """Return whether an amount is away longer than in the reference, or shorter, or whether that is open."""
    key, significant = "same", row["significant"]
    if pd.isna(significant):
        key = "unclear"
    elif significant:
        key, sign = ("fewer", -1) if row["difference"] < 0 else ("more", 1)
        ends = sorted(sign * row[one] for one in ("low", "high"))
        row = {"difference": sign * row["difference"], "low": ends[0], "high": ends[1]}
    value = words.measured(_estimate(row), AWAY, "+" if key == "same" else "")
    return words("answers", key, name=name, reference=reference, value=value)


def _estimate(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {"estimate": row["difference"], "low": row["low"], "high": row["high"]}


def _by_verdict(
    subject: str, effects: Iterable[tuple[str, Mapping[Any, Any], str]], words: Words
) -> list[str]:
    """Return a sentence each for effects that are significant, that may be 0, and that are not known.

    Parameters
    ----------
    subject : str
        What has the effects.
    effects : iterable of (str, mapping, str)
        What each is on, its row of a table of differences, and the metric.
    words : Words
    """
    told: dict[str, list[str]] = {"certain": [], "maybe": [], "unobserved": []}
    for what, row, metric in effects:
        verdict = row["significant"]
        key = "unobserved" if pd.isna(verdict) else "certain" if verdict else "maybe"
        value = words.measured(_estimate(row), metric, "+")
        told[key].append(words("numbers", "item", what=what, value=value))
    return [words("answers", key, name=subject, parts=words.listed(one)) for key, one in told.items() if one]


@answer.register
def _(result: Sweep, words: Words) -> list[str]:
    table = result.summary().xs(AWAY, level="metric")
    known = table["estimate"].dropna()
    days = next(iter(result.studies.values())).follow_up_days
    if known.empty:
        return words.all("answers", "none_followed", days=days)
    ends = {}
    for which, point in (("least", known.idxmin()), ("most", known.idxmax())):
        values = point if isinstance(point, tuple) else (point,)
        at = (f"{field} {value}" for field, value in zip(result.fields, values, strict=True))
        ends |= {f"{which}_at": words.listed(at), which: words.measured(table.loc[point], AWAY)}
    return words.all("answers", "Sweep", **ends, days=days, points=len(table))


@answer.register
def _(result: LeverRanking, words: Words) -> list[str]:
    table = result.table()
    alone = {end: f"alone{end}" for end in ("", "_low", "_high", "_significant")}
    columns = ["difference", "low", "high", "significant"]
    effects = table[[*alone.values()]].set_axis(columns, axis=1)
    rows: Rows = effects.xs(AWAY).to_dict("index")
    helpful = [name for name in result.costs if rows[name]["significant"] is True and rows[name]["low"] < 0]
    sentences = [words("answers", "none_helps")]
    if helpful:
        name = min(helpful, key=lambda one: rows[one]["difference"])
        value = words.measured(_estimate(rows[name]), AWAY, "+")
        sentences = [words("answers", "best", name=words.text(name.replace("_", " ")), value=value)]
    for metric in (AWAY, BESIDE_LOSSES, *LOSSES):
        rows = effects.xs(metric).to_dict("index")
        what = words("answers", "alone", what=words.metric(metric, result.follow_up_days))
        names = {name: words.text("all together" if name == ALL else str(name).replace("_", " ")) for name in rows}
        sentences += _by_verdict(what, [(names[name], row, metric) for name, row in rows.items()], words)
    return sentences


@answer.register
def _(result: Attribution, words: Words) -> list[str]:
    rows: Rows = result.table().to_dict("index")
    gates = {name: row["shapley"] for name, row in rows.items() if name not in ("total", "none")}
    order = sorted((name for name in gates if gates[name] > 0), key=gates.__getitem__, reverse=True)
    value = {name: words.measured(row, result.metric, name="shapley") for name, row in rows.items()}
    parts = words.listed(words("numbers", "item", what=words.text(name), value=value[name]) for name in order)
    metric = words.metric(result.metric, result.follow_up_days)
    told = words.all("answers", "Attribution", metric=metric, parts=parts, **value)
    if result.metric in LOSSES:
        lost = {name: words.measured(row, BESIDE_LOSSES, name=BESIDE_LOSSES) for name, row in rows.items()}
        metric = words.metric(BESIDE_LOSSES, result.follow_up_days)
        parts = words.listed(words("numbers", "item", what=words.text(name), value=lost[name]) for name in order)
        told += words.all("answers", "Attribution", metric=metric, parts=parts, **lost)
    return told


@answer.register
def _(result: Recovery, words: Words) -> list[str]:
    table = result.table()
    half, most = map(words.text, describe_quantiles(table))
    row = {name: 100 * table[f"recovered{end}"].iloc[0] for name, end in zip(("value", "low", "high"), ("", "_low", "_high"))}
    recovered = words("answers", "recovered", **row)
    return words.all("answers", "Recovery", recovered=recovered, half=half, most=most)


@answer.register
def _(result: Fit, words: Words) -> list[str]:
    broken = [str(name) for name, row in result.check().iterrows() if row["breaks"]]
    parts = words.listed(map(words.text, broken))
    sentences = [words("answers", "cannot" if broken else "can", parts=parts)]
    table = result.table()
    for verdict, key in (("determined",) * 2, ("weakly determined", "weakly"), ("not determined", "undetermined")):
        rows = table[table["verdict"] == verdict]
        told = [_parameter(str(name), row, words) for name, row in rows.iterrows()]
        if key == "undetermined":
            told = [*map(str, rows.index)]
        sentences += [words("answers", key, parts=words.listed(told))] if told else []
    notes = result._tables()[0].notes[1:]
    return [*sentences, *map(words.text, notes), words("answers", "read", read=result.read)]


def _parameter(name: str, row: "pd.Series[Any]", words: Words) -> str:
    value, *ends = estimate_texts(row)
    if len(ends) == 2:
        return words("answers", "likely", name=name, value=value, low=ends[0], high=ends[1])
    return words("answers", "probable", name=name, value=value, share=ends[0])


@answer.register
def _(result: Sensitivity, words: Words) -> list[str]:
    return [words.text(one) for one in _split(result.conclusion())]


@answer.register
def _(result: Optimum, words: Words) -> list[str]:
    return [*map(words.text, result._notes())]


def _split(text: str) -> Sequence[str]:
    """Return the sentences of a text, in which names may have points."""
    return text.replace(". ", ".\n").splitlines()
