"""The words of pictures in two languages, and the font for one of them."""

import ast
import itertools
import logging
import re
from pathlib import Path

import matplotlib as mpl
import pytest
from gallery import DRAWN, SMALL, dark_and_chinese, fitted, run, study
from matplotlib import font_manager
from matplotlib.text import Text

import simlimit as sl
from simlimit import plots
from simlimit.errors import SimlimitError
from simlimit.inference.statistics import Layout
from simlimit.model.causes import GATES, SHOCK_KINDS
from simlimit.model.grouping import FLAGS
from simlimit.plots import labels
from simlimit.scenario.base import Part
from simlimit.scenario.fields import unit_of
from simlimit.scenario.parts import LEVER_KINDS
from simlimit.study.metrics import METRICS
from simlimit.tables import units

HAS_FONT = labels.cjk_font() is not None


def literals(node):
    return {
        one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }


def parts_of(kind):
    """Yield the parts of a scenario."""
    for part in kind.__subclasses__():
        yield part
        yield from parts_of(part)


def labelled():
    """Yield every text that a picture's source gives to `label` as it stands."""
    for path in Path(plots.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "label":
                yield from literals(node.args[0])


def test_every_word_is_translated():
    words = {
        *labelled(),
        *labels.VERDICTS.values(),
        *GATES,
        *(word for pair in labels.SERIES.values() for word in pair),
    }
    words |= {word for pair in labels.STANDING.values() for word in pair}
    for metric, weight in itertools.product(METRICS, ("holds", "amount")):
        unit = units.unit_of(metric, weight)
        words |= {units.NAMES[metric], unit.in_pictures, unit.of_differences().in_pictures}
    words |= {kind.replace("_", " ") for kind in LEVER_KINDS}
    words |= {unit_of(info) for part in parts_of(Part) for info in part.model_fields.values()} - {""}
    told = Layout(400, 0, ["east", "west"]).names()
    for family, statistic in told[["family", "statistic"]].itertuples(index=False):
        words |= {family, *statistic.removeprefix(f"{family} ").removeprefix("gate ").split(", ")} - {
            "east",
            "west",
        }
    words |= {kind.replace("_", " ") for kind in SHOCK_KINDS} | {
        group for pair in FLAGS.values() for group in pair
    }
    assert words - set(labels.CHINESE) == set()


NAMES = {
    *("jiebei", "today", "weekly", "frozen", "waiting", "log", "back", "lost", "moved", "slips"),
    *(name.rpartition(".")[2] for name in SMALL.leaves()), *SMALL.leaves(),
}  # fmt: skip
"""What has a name of a user's, or is a field, is called so in any language."""


@pytest.mark.parametrize("name", DRAWN)
def test_every_picture_is_chinese_throughout(name):
    texts = dark_and_chinese(name).figure.findobj(Text)
    words = {word for text in texts for word in re.findall(r"[A-Za-z][A-Za-z0-9_.]+", text.get_text())}
    assert words - NAMES == set()
    assert any(letter >= labels.FIRST_CJK_CHARACTER for text in texts for letter in text.get_text())


@pytest.mark.parametrize(("words", "chinese"), [
    ("0.5 to 0.7", "0.5 至 0.7"), ("below -1e-05", "低于 -1e-05"), ("1,000 and above", "1,000 及以上"),
    ("95 % intervals: rows taken as independent", "95% 区间：各行视为独立"),
    ("90 % intervals: the middle of 1,000 draws of the parameters, without simulation error",
     "90% 区间：参数的 1,000 次抽样的中间部分，不含模拟误差"), ("{a} to {b}", "{a} to {b}"),
    ("95 % intervals: the middle of 20 draws of the parameters, without simulation error; "
     "an interval of 95 % needs 78 replications",
     "95% 区间：参数的 20 次抽样的中间部分，不含模拟误差；95% 需要 78 次重复模拟"),
])  # fmt: skip
def test_numbers_in_the_words_of_a_table_stay(words, chinese, monkeypatch):
    monkeypatch.setattr(labels, "cjk_font", lambda: "DejaVu Sans")
    assert labels.Labels("zh").told(words) == chinese
    assert labels.Labels("en").told(words) == words


def test_chinese_has_no_blank_before_per_cent(monkeypatch):
    monkeypatch.setattr(labels, "cjk_font", lambda: "DejaVu Sans")
    for text in (*labels.CHINESE.values(), *labels.TABLES.values()):
        assert not re.search(r"[0-9}] %", text)
    ax = plots.delay(study(), language="zh")
    words = [text.get_text() for text in ax.findobj(Text) if "%" in text.get_text()]
    words.append(ax.yaxis.get_major_formatter()(0.5))
    assert len(words) > 3
    assert not any(" %" in text for text in words)


def test_braces_of_a_user_are_no_template():
    assert labels.Labels("en")("a {name}") == "a {name}"


def test_a_translation_takes_the_same_values():
    def fields(words):
        return {part.split(":")[0] for part in words.replace("}", "{").split("{")[1::2]}

    for english, chinese in (*labels.CHINESE.items(), *labels.TABLES.items()):
        assert fields(english) == fields(chinese)


def test_every_metric_is_named():
    assert set(units.NAMES) == set(METRICS)


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
        *(picture(language="zh") for picture in DRAWN.values()),
        *(plots.fit_statistics(fitted(), family=name, language="zh") for name in fitted().check().index),
        plots.delay(named),
    ]
    with caplog.at_level(logging.WARNING):
        for ax in pictures:
            ax.figure.canvas.draw()
    assert not caplog.records
