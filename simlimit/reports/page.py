"""The report of a result: one HTML file that needs nothing else, in sections that can be chosen."""

import base64
import datetime
import itertools
import os
import textwrap
from collections.abc import Iterable, Sequence
from importlib import import_module, resources
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import simlimit
from simlimit import Comparison, Fit, LeverRanking, Sensitivity, Sweep
from simlimit.arguments import as_choices, as_path, check_choice, check_type, refused
from simlimit.drafts import remove_leftovers, write_files, writing
from simlimit.errors import SimlimitError
from simlimit.plots.labels import METRICS
from simlimit.portfolio import Portfolio
from simlimit.reports.answers import answer
from simlimit.reports.calls import KINDS, Call, arguments, base_scenario, first_study, has_processes
from simlimit.reports.pictures import allowed, picture
from simlimit.reports.words import Words
from simlimit.run.options import FOLLOW_UP_DAYS
from simlimit.scenario import AS_IN_CLOCKWORK, dumps, field_values, unit_of
from simlimit.tables.layout import Row, Table
from simlimit.tables.numbers import rounded_texts, share_text, value_text

SECTIONS = ("answer", "pictures", "help", "tables", "assumptions", "scenario", "reproduce")
ENDINGS = (".html", ".htm")
# A picture shows a sweep of so many fields.
MOST_FIELDS = 2
LONGEST_TITLE = 100
# SVG, its title, and a sentence on how to read it.
Picture: TypeAlias = tuple[str, str, str]


class Section(NamedTuple):
    """What stands below a heading."""

    name: str
    sentences: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    code: Sequence[str] = ()
    files: Sequence[dict[str, str]] = ()


def check_place(path: str | os.PathLike[str], name: str = "path") -> Path:
    """Return the path of a report that can be written there, or refuse it; refuse all without Jinja2."""
    target = as_path(name, path)
    _jinja()
    with writing(target):
        if target.suffix.lower() not in ENDINGS or target.is_dir() or not target.parent.is_dir():
            raise refused(name, str(path), "a file that ends in .html, in a folder that exists")
    return target


def write_report(
    result: Any,  # noqa: ANN401
    path: str | os.PathLike[str],
    *,
    language: str = "en",
    sections: Iterable[str] | None = None,
    sensitivity: Sensitivity | None = None,
    ranking: LeverRanking | None = None,
    command: str = "",
) -> Path:
    """Write the report of a result, as `TabularResult.report` says; `command` is what was typed to make it."""
    check_choice("language", language, ("en", "zh"))
    wanted = as_choices("sections", SECTIONS if sections is None else sections, SECTIONS)
    if sensitivity is not None:
        check_type("sensitivity", sensitivity, Sensitivity)
    if ranking is not None:
        check_type("ranking", ranking, LeverRanking)
    elif sections is not None and "help" in wanted:
        raise SimlimitError("sections has 'help', which says what would help: give a ranking, too.")
    target = check_place(path)
    if isinstance(result, Comparison) and len(result.studies) == 1:
        result = result.studies[result.reference]
    made = _Report(result, Words(language), command)
    made.ranking, made.sensitivity = ranking, made.sensitivity or sensitivity
    page = made.page(name for name in dict.fromkeys(wanted) if name != "help" or ranking is not None)
    with writing(target):
        remove_leftovers(target.parent)
        write_files(target.parent, {target.name: allowed(page).encode()}, os.replace)
    return target


class _Report:
    """The sections of a report: each is made by the method of its name."""

    def __init__(self, result: Any, words: Words, command: str) -> None:  # noqa: ANN401
        self.result, self.words, self.command = result, words, command
        self.sensitivity: Sensitivity | None = result if isinstance(result, Sensitivity) else None
        self.ranking: LeverRanking | None = None
        self.base, self.call, self.study = base_scenario(result), Call(result), first_study(result)
        self.days = getattr(self.study or result, "follow_up_days", FOLLOW_UP_DAYS)
        self._numbers = itertools.count(1)

    def page(self, names: Iterable[str]) -> str:
        """Return the page with these sections."""
        words, studies = self.words, getattr(self.result, "studies", {})
        name = self.base.name if isinstance(self.result, Sweep) or not studies else words.listed(studies)
        name = textwrap.shorten(name, LONGEST_TITLE, placeholder=" ...")
        title = words("page", "title", kind=words("kinds", type(self.result).__name__), name=name)
        about = words("page", "made", version=simlimit.__version__, date=datetime.date.today())
        here = resources.files(__package__)
        template, css = (here.joinpath(file).read_text(encoding="utf-8") for file in ("page.html", "page.css"))
        environment = _jinja().Environment(autoescape=True, undefined=_jinja().StrictUndefined)
        known = {"words": words, "metrics": METRICS, "days": self.days, "version": simlimit.__version__}
        sections = [getattr(self, one)() for one in names]
        page = environment.from_string(template)
        return str(page.render(title=title, about=about, css=css, sections=sections, **known))

    def answer(self) -> Section:
        """Return what the result says, in sentences."""
        return Section("answer", answer(self.result, self.words))

    def pictures(self) -> Section:
        """Return the pictures of the result."""
        return Section("pictures", pictures=self._pictures(self.result))

    def help(self) -> Section:
        """Return what would help, as the ranking says."""
        told, drawn = answer(self.ranking, self.words), self._pictures(self.ranking)
        return Section("help", told, drawn, self._tables(self.ranking))

    def tables(self) -> Section:
        """Return the tables of the result."""
        return Section("tables", tables=self._tables(self.result))

    def assumptions(self) -> Section:
        """Return what is assumed; and what of it decides the answer, if a sensitivity says so."""
        told, drawn, table = list[str](), list[Picture](), self._assumed()
        if self.sensitivity not in (None, self.result):
            told, drawn = answer(self.sensitivity, self.words), self._pictures(self.sensitivity)
        told = [self.words("page", "assumed" if table.rows else "not_assumed"), *told]
        return Section("assumptions", told, drawn, [table] if table.rows else [])

    def scenario(self) -> Section:
        """Return the scenario: what the others change in it, and all as files."""
        words, files = self.words, self.call.files or {"scenario.toml": self.base}
        told = [self.base.description] if self.base.description else []
        if isinstance(book := self.base.population.portfolio, Portfolio):
            told.append(words("page", "book", file=book.file_name))
        elif book is not None:
            told.append(words("page", "book", file=book))
        changed = [self._changed()] if isinstance(self.result, Comparison) else []
        shown = []
        for name, scenario in files.items():
            text = dumps(scenario, comments=False)
            coded = base64.b64encode(text.encode()).decode()
            shown.append({"name": name, "text": text, "address": f"data:text/plain;base64,{coded}"})
        return Section("scenario", told, tables=changed, files=shown)

    def reproduce(self) -> Section:
        """Return what makes the result again."""
        words, given = self.words, arguments(self.result)
        numbers = {"version": simlimit.__version__, "seed": given["seed"], "number": given["n"]}
        is_fit, code = isinstance(self.result, Fit), list[str]()
        told = [words("page", "simulated" if is_fit else "version", **numbers)]
        if self.command:
            told.append(words("page", "typed"))
            code.append(self.command)
        elif has_processes(self.result):
            told.append(words("page", "processes"))
        elif getattr(self.study or self.result, "of_fit", False):
            told.append(words("page", "of_fit"))
        elif not self.call.code:
            told.append(words("page", "functions"))
        else:
            told.append(words("page", "called"))
            code.append(self.call.code)
        if is_fit:
            told.append(words("page", "log"))
        return Section("reproduce", told, code=code)

    def _assumed(self) -> Table:
        """Return the numbers that are assumed, the most important first where a sensitivity says which."""
        found = None if self.sensitivity is None else self.sensitivity.table()
        rank = {} if found is None else {str(name): place for place, name in enumerate(found.index)}
        rows, others, declared = list[tuple[int, Row]](), 0, self.base.leaves()
        for name, value, info in self.base.walk():
            source = self.base.source(name)
            is_plain = name in declared or value != info.default
            if not source.startswith("assumed") or value in (None, ()) or not is_plain:
                continue
            if source == AS_IN_CLOCKWORK and name not in rank:
                others += 1
                continue
            cells = (name, value_text(value), unit_of(info), source.partition(":")[2].strip() or self.words("page", "no_source"))
            if found is not None:
                cells += _varied(found.loc[name]) if name in rank else ("", "", "")
            rows.append((rank.get(name, len(rank)), Row(cells)))
        words, more = self.words, found is not None
        headings = words.all("assumed", "headings") + words.all("assumed", "varied") * more
        notes = [words("page", "by_sensitivity")] * more
        notes += [words("page", "others", number=others)] if others else []
        ordered = [row for _, row in sorted(rows, key=lambda pair: pair[0])]
        align = "<><<" + "<><" * more
        return words.table(Table(words("assumed", "caption"), (*headings,), align, ordered, (*notes,)))

    def _changed(self) -> Table:
        """Return in which fields the scenarios of a comparison differ from the first."""
        scenarios = {name: study.scenario for name, study in self.result.studies.items()}
        values = {name: field_values(one) for name, one in scenarios.items()}
        first = values[self.result.reference]
        names = dict.fromkeys(field for own in values.values() for field in own | first if own.get(field) != first.get(field))
        rows = [Row((field, *(value_text(own.get(field)) for own in values.values()))) for field in names]
        heading = self.words.all("assumed", "headings")[0]
        return self.words.table(Table(self.words("page", "changed"), (heading, *scenarios), "<" * (len(scenarios) + 1), rows))

    def _pictures(self, result: Any) -> list[Picture]:  # noqa: ANN401
        """Return the pictures of a result, each with its title and its caption."""
        if getattr(result, "keep", "") == "counts" or len(getattr(result, "fields", ())) > MOST_FIELDS:
            return []
        made = []
        for method, chosen in KINDS[type(result).__name__]["pictures"]:
            svg, title = picture(result, method, chosen, self.words.language, next(self._numbers))
            made.append((svg, title, self.words("captions", method)))
        return made

    def _tables(self, result: Any) -> list[Table]:  # noqa: ANN401
        return [*map(self.words.table, result._tables())]


def _varied(row: Any) -> tuple[str, str, str]:  # noqa: ANN401
    """Return over which range a field was varied, how much of the variance it decides, and the verdict."""
    low, high = rounded_texts([row["low"], row["high"]])
    return f"{low} to {high}", share_text(row["total"]), row["verdict"]


def _jinja() -> Any:  # noqa: ANN401 - of a package that may not be there
    try:
        return import_module("jinja2")
    except ImportError:
        raise SimlimitError("report needs Jinja2, which pip install 'simlimit[report]' installs.") from None
