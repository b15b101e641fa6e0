"""The report of a result: one HTML file that needs nothing else, in sections that can be chosen."""

import base64
import datetime
import itertools
import os
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

import simlimit
from simlimit import Fit, LeverRanking, Sensitivity
from simlimit.arguments import as_choices, as_path, check_choice, check_type, refused
from simlimit.drafts import remove_leftovers, write_files, writing
from simlimit.errors import SimlimitError
from simlimit.extras import from_extra
from simlimit.plots.canvas import shortened
from simlimit.portfolio import Portfolio
from simlimit.reports.answers import answer
from simlimit.reports.calls import KINDS, Result, base_scenario, call_of, studies_of
from simlimit.reports.pictures import allowed, picture
from simlimit.reports.words import Words
from simlimit.run.options import FOLLOW_UP_DAYS
from simlimit.scenario import AS_IN_CLOCKWORK, dumps, field_values, unit_of
from simlimit.tables.layout import Row, Table
from simlimit.tables.numbers import rounded_texts, share_text, value_text
from simlimit.tables.results import Effect, rows_of
from simlimit.tables.units import NAMES

SECTIONS = ("answer", "pictures", "help", "tables", "assumptions", "scenario", "reproduce")
ENDINGS = (".html", ".htm")
# A picture shows a sweep of so many fields.
MOST_FIELDS = 2
LONGEST_TITLE = 100


def check_place(path: str | os.PathLike[str], name: str = "path") -> Path:
    """Return the path of a report that can be written there, or refuse it; refuse all without Jinja2."""
    target, _ = as_path(name, path), _jinja()
    with writing(target):
        if target.suffix.lower() not in ENDINGS or target.is_dir() or not target.parent.is_dir():
            raise refused(name, str(path), "a file that ends in .html, in a folder that exists")
    return target


def write_report(
    result: Result,
    path: str | os.PathLike[str],
    language: str = "en",
    sections: Iterable[str] | None = None,
    *,
    sensitivity: Sensitivity | None = None,
    ranking: LeverRanking | None = None,
    command: str = "",
) -> Path:
    """Write the report of a result, as `TabularResult.report` says; `command` is what was typed for it."""
    check_choice("language", language, ("en", "zh"))
    wanted = as_choices("sections", SECTIONS if sections is None else sections, SECTIONS)
    if sensitivity is not None:
        check_type("sensitivity", sensitivity, Sensitivity)
    if ranking is not None:
        check_type("ranking", ranking, LeverRanking)
    elif sections is not None and "help" in wanted:
        raise SimlimitError("sections has 'help', which says what would help: give a ranking, too.")
    target = check_place(path)
    if len(studies := studies_of(result)) == 1:
        result = next(iter(studies.values()))
    sensitivity = result if isinstance(result, Sensitivity) else sensitivity
    report = Report(result, Words(language), command, sensitivity, ranking)
    files = map(resources.files(__package__).joinpath, ("page.html", "page.css"))
    template, css = (file.read_text(encoding="utf-8") for file in files)
    page = _jinja().Environment(autoescape=True, undefined=_jinja().StrictUndefined).from_string(template)
    chosen = [name for name in dict.fromkeys(wanted) if name != "help" or ranking is not None]
    known = {"words": report.words, "metrics": NAMES, "version": simlimit.__version__, "answer": answer}
    text = page.render(report=report, css=css, sections=chosen, date=datetime.date.today(), **known)
    with writing(target):
        remove_leftovers(target.parent)
        write_files(target.parent, {target.name: allowed(text).encode()}, os.replace)
    return target


class Report:
    """What the template asks of a report."""

    def __init__(
        self, result: Result, words: Words, command: str, sensitivity: Sensitivity | None, ranking: object
    ) -> None:
        self.result, self.words, self.command = result, words, command
        self.sensitivity, self.ranking = sensitivity, ranking
        self.kind, self.base, self.call = type(result).__name__, base_scenario(result), call_of(result)
        self.studies = getattr(result, "studies", {}) if self.kind == "Comparison" else {}
        self.first = next(iter(studies_of(result).values()), result)
        self.days = getattr(self.first, "follow_up_days", FOLLOW_UP_DAYS)
        self._numbers = itertools.count(1)

    def title(self) -> str:
        """Return what the report is about."""
        name = shortened(self.words.listed(self.studies) or self.base.name, LONGEST_TITLE)
        return self.words("page", "title", kind=self.words("kinds", self.kind), name=name)

    def pictures(self, result: Result) -> list[tuple[str, str, str]]:
        """Return the pictures of a result: SVG, its title, and how to read it."""
        if getattr(result, "keep", "") == "counts" or len(getattr(result, "fields", ())) > MOST_FIELDS:
            return []
        made = []
        for method, chosen in KINDS[type(result).__name__]["pictures"]:
            if method == "contenders" and result.best is None:
                continue
            metrics = chosen.get("metrics", [chosen["metric"]] if "metric" in chosen else [])
            about = "".join(f": {self.words.metric(one, self.days)}" for one in metrics)
            svg, title = picture(result, method, chosen, self.words.language, next(self._numbers), about)
            made.append((svg, title, self.words("captions", method)))
        return made

    def tables(self, result: Result) -> list[Table]:
        """Return the tables of a result."""
        return [*map(self.words.table, result._tables())]

    def assumed(self) -> Table:
        """Return what is assumed or was varied, the most important first where a sensitivity says which."""
        words, more = self.words, self.sensitivity is not None
        ranges = {} if self.sensitivity is None else rows_of(self.sensitivity.table())
        rank = {name: place for place, name in enumerate(ranges)}
        # What a log has said is no longer assumed.
        scenario = self.result.scenario if isinstance(self.result, Fit) else self.base
        rows, others, declared = list[tuple[int, Row]](), 0, scenario.leaves()
        for name, value, info in scenario.walk():
            source = scenario.source(name)
            is_said = name in declared or value != info.default
            if source == AS_IN_CLOCKWORK and name not in rank:
                others += 1
            elif name in rank or (source.startswith("assumed") and is_said and value not in (None, ())):
                why = source.removeprefix("assumed").lstrip(": ") or words("page", "no_source")
                varied = _varied(ranges[name]) if name in rank else ("", "", "") * more
                cells = (name, value_text(value), unit_of(info), why, *varied)
                rows.append((rank.get(name, len(rank)), Row(cells)))
        headings = words.all("assumed", "headings") + words.all("assumed", "varied") * more
        notes = [words("page", "by_sensitivity")] * more + [words("page", "others", number=others)]
        ordered = [row for _, row in sorted(rows, key=lambda pair: pair[0])]
        align = "<><<" + "<><" * more
        return words.table(Table(words("assumed", "caption"), (*headings,), align, ordered, (*notes,)))

    def changed(self) -> list[Table]:
        """Return in which fields the scenarios of a comparison differ from the first."""
        first, *others = [field_values(study.scenario) for study in self.studies.values()] or [{}]
        fields = dict.fromkeys(field for one in others for field in one | first)
        changed = [field for field in fields if any(one.get(field) != first.get(field) for one in others)]
        rows = [Row((name, *(value_text(one.get(name)) for one in (first, *others)))) for name in changed]
        headings = (*self.words.all("assumed", "headings")[:1], *self.studies)
        table = Table(self.words("page", "changed"), headings, "<" * len(headings), rows)
        return [self.words.table(table)] * bool(rows)

    def files(self) -> list[tuple[str, str, str]]:
        """Return the scenarios as files: name, text, and an address from which the browser saves it."""
        told = []
        for name, scenario in (self.call.files or {"scenario.toml": self.base}).items():
            text = dumps(scenario, comments=False)
            coded = base64.b64encode(text.encode()).decode()
            told.append((name, text, f"data:text/plain;base64,{coded}"))
        return told

    def book(self) -> object:
        """Return the file of the book that the scenario needs; None if it needs none."""
        book = self.base.population.portfolio
        return book.file_name if isinstance(book, Portfolio) else book

    def how(self) -> str:
        """Return the key of the sentence that says how to make the result again."""
        own = any(study._replications.experiment.processes for study in studies_of(self.result).values())
        if self.command:
            return "typed"
        if own or getattr(self.result, "has_processes", False):
            return "processes"
        if getattr(self.first, "of_fit", False):
            return "of_fit"
        return "called" if self.call.code else "functions"


def _varied(row: Effect) -> tuple[str, str, str]:
    """Return over which range a field was varied, how much of the variance it decides, and the verdict."""
    low, high = rounded_texts([row["low"], row["high"]])
    return f"{low} to {high}", share_text(row["total"]), row["verdict"]


def _jinja() -> Any:  # noqa: ANN401 - a package that may not be there
    return from_extra("jinja2", "report needs Jinja2", "report")
