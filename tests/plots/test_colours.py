"""What is released, forfeited or waits at a gate has one colour, whatever picture it is in."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from gallery import WITH_A_CUT, attribution, fitted, run, study
from matplotlib.colors import to_hex

from simlimit import plots
from simlimit.model.causes import GATES
from simlimit.plots import style

COLOURS = {gate: look["facecolor"] for gate, look in style.GATES.items()}


def of_bars(ax):
    """Return the colours of the bars of each row."""
    rows = [tick.get_text() for tick in ax.get_yticklabels()]
    found = {row: set() for row in rows}
    for bar in ax.patches:
        row = round(bar.get_y() + bar.get_height() / 2)
        found[rows[row]] |= {to_hex(bar.get_facecolor())}
    return {row: colours for row, colours in found.items() if row in GATES}


def of_stack(ax, word="held for "):
    handles, labels = ax.get_legend_handles_labels()
    names = [label.removeprefix(word).partition(":")[0] for label in labels]
    found = zip(names, handles, strict=True)
    return {name: {to_hex(area.get_facecolor()[0])} for name, area in found if name in GATES}


@pytest.mark.parametrize(
    "drawn",
    [
        lambda: of_bars(plots.causes(run())),
        lambda: of_bars(plots.causes(study(), weight="amount")),
        lambda: of_bars(plots.attribution(attribution())),
        lambda: of_stack(plots.standing(run())),
        lambda: of_stack(plots.standing(study(), weight="holds")),
        lambda: of_stack(plots.borrower(run(), WITH_A_CUT)),
    ],
)
def test_a_gate_has_one_colour_in_every_picture(drawn):
    found = drawn()
    assert len(found) >= 2
    assert all(colours == {to_hex(COLOURS[gate])} for gate, colours in found.items())


def line_colours(ax, name):
    """Return the colour of the line, and of the label, that a name has."""
    (written,) = (
        text for text in ax.texts if text.get_text().startswith(f"{name} ") and "%" in text.get_text()
    )
    colours = {line.get_color() for line in ax.lines}
    assert written.get_color() in colours
    return written.get_color()


@pytest.mark.parametrize(
    "outcomes",
    [
        ["released", "forfeited", "pending"],
        ["forfeited", "pending"],
        ["released", "pending"],
        ["forfeited", "moved", "released", "pending"],
        ["abandoned", "forfeited", "released", "zeroed", "pending"],
    ],
)
def test_an_outcome_has_one_colour_whichever_others_there_are(outcomes):
    table = pd.DataFrame({"delay_days": range(1, len(outcomes) + 1), "outcome": outcomes})
    ax = plots.incidence(table, days=(0, 9))
    ours = {"released": style.INK, "forfeited": style.FORFEITED}
    drawn = {name: line_colours(ax, name) for name in outcomes if name != "pending"}
    assert {name: colour for name, colour in drawn.items() if name in ours} == {
        name: ours[name] for name in drawn if name in ours
    }
    assert len(set(drawn.values())) == len(drawn), "what differs has another colour"


def test_outcomes_have_the_colours_of_curves_in_other_pictures():
    curve = plots.delay(study())
    assert {line.get_color() for line in curve.lines if len(line.get_xdata()) > 1} == {style.INK}
    handles, labels = curve.get_legend_handles_labels()
    (forfeited,) = (one for one, words in zip(handles, labels, strict=True) if words.startswith("forfeited"))
    assert to_hex(forfeited.get_edgecolor()[0]) == style.FORFEITED
    for ax in (plots.platform(run(), series=["released", "forfeited"]), plots.fit_check(fitted())):
        first, second = ax.child_axes[:2]
        assert (first.lines[0].get_color(), second.lines[0].get_color()) == (style.INK, style.FORFEITED)
    plt.close("all")
