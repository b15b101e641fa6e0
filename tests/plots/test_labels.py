"""The words of pictures in two languages, and the font for one of them."""

import ast
import logging
from pathlib import Path

import matplotlib as mpl
import pytest
from gallery import attribution, comparison, fitted, frozen, grid, ranking, run, sensitivity, study
from matplotlib import font_manager

import simlimit as sl
from simlimit import plots
from simlimit.errors import SimlimitError
from simlimit.inference.statistics import Layout
from simlimit.model.causes import GATES
from simlimit.plots import labels
from simlimit.plots.effects import effect_unit
from simlimit.scenario.parts import LEVER_KINDS
from simlimit.study.metrics import METRICS

HAS_FONT = labels.cjk_font() is not None


def literals(node):
    return {
        one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }


def labelled():
    """Yield every text that a picture's source gives to `label` as it stands."""
    for path in Path(plots.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "label":
                yield from literals(node.args[0])


def test_every_word_is_translated():
    words = {*labelled(), *GATES, *(word for pair in labels.SERIES.values() for word in pair)}
    words |= {word for pair in (*labels.METRICS.values(), *labels.STANDING.values()) for word in pair}
    words |= {effect_unit(metric, weight)[1] for metric in METRICS for weight in ("holds", "amount")}
    words |= {kind.replace("_", " ") for kind in LEVER_KINDS}
    told = Layout(400, 0, ["east", "west"]).names()
    for family, statistic in told[["family", "statistic"]].itertuples(index=False):
        words |= {family, *statistic.removeprefix(f"{family} ").removeprefix("gate ").split(", ")} - {
            "east",
            "west",
        }
    assert words - set(labels.CHINESE) == set()


def test_a_translation_takes_the_same_values():
    def fields(words):
        return {part.split(":")[0] for part in words.replace("}", "{").split("{")[1::2]}

    for english, chinese in labels.CHINESE.items():
        assert fields(english) == fields(chinese)


def test_every_metric_is_named():
    assert set(labels.METRICS) == set(METRICS)


def test_refuses_another_language():
    with pytest.raises(SimlimitError, match=r"^language is 'fr', but must be one of: en, zh\.$"):
        plots.delay(run(), language="fr")


def test_without_a_font_labels_are_english_and_a_warning_says_why(monkeypatch):
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    with pytest.warns(sl.SimlimitWarning, match="No installed font has Chinese characters; install one"):
        ax = plots.delay(run(), language="zh")
    assert ax.get_xlabel() == "days since repayment"


@pytest.mark.skipif(not HAS_FONT, reason="no font with Chinese characters is installed")
def test_a_font_that_came_after_the_list_of_matplotlib_is_found(monkeypatch):
    own = [font for font in font_manager.fontManager.ttflist if "mpl-data" in font.fname]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    name = labels.cjk_font()
    assert name in {font.name for font in font_manager.fontManager.ttflist}


@pytest.mark.skipif(not HAS_FONT, reason="no font with Chinese characters is installed")
def test_a_font_whose_name_is_not_known_is_found_by_its_characters(monkeypatch):
    monkeypatch.setattr(labels, "CJK_FONTS", ())
    assert plots.delay(run(), language="zh").get_xlabel() == "还款后天数（天）"


def test_of_several_fonts_the_one_for_simplified_chinese_is_chosen(monkeypatch):
    entries = [font_manager.FontEntry(name=f"Noto Sans CJK {region}") for region in ("HK", "JP", "SC", "TC")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", entries)
    assert labels.cjk_font() == "Noto Sans CJK SC"


def test_the_first_font_that_is_known_is_chosen(monkeypatch):
    entries = [font_manager.FontEntry(name=name) for name in ("SimHei", "DejaVu Sans", "Noto Sans CJK SC")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", entries)
    assert labels.cjk_font() == "Noto Sans CJK SC"
    ax = plots.delay(run(), language="zh")
    assert ax.get_xlabel() == "还款后天数（天）"
    assert ax.xaxis.label.get_fontfamily()[-1] == "Noto Sans CJK SC"
    assert "Noto Sans CJK SC" not in ax.get_yticklabels()[0].get_fontfamily()


@pytest.mark.skipif(not HAS_FONT, reason="no font with Chinese characters is installed")
def test_chinese_is_drawn_without_a_warning(caplog, monkeypatch):
    monkeypatch.setitem(mpl.rcParams, "figure.max_open_warning", 0)
    named = sl.simulate(run().scenario.replace({"name": "借呗"}), seed=1, engine="calendar")
    pictures = [
        *(
            picture(run(), language="zh")
            for picture in (plots.delay, plots.standing, plots.incidence, plots.causes)
        ),
        *(picture(study(), language="zh") for picture in (plots.delay, plots.causes)),
        plots.platform(frozen(), language="zh"),
        plots.platform(comparison(), language="zh"),
        plots.forest(comparison(), language="zh"),
        plots.borrower(run(), 3, language="zh"),
        plots.sweep(grid(), language="zh"),
        plots.tornado(ranking(), language="zh"),
        plots.attribution(attribution(), language="zh"),
        plots.sensitivity(sensitivity(), language="zh"),
        *(
            getattr(plots, f"fit_{name}")(fitted(), language="zh")
            for name in ("check", "parameters", "pairs", "ranks")
        ),
        *(plots.fit_statistics(fitted(), family=name, language="zh") for name in fitted().check().index),
        plots.delay(named),
    ]
    with caplog.at_level(logging.WARNING):
        for ax in pictures:
            ax.figure.canvas.draw()
    assert not caplog.records
