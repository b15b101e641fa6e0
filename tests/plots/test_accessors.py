"""The pictures as methods: the same signatures, and the same pictures."""

import inspect

import pytest
from gallery import attribution, comparison, grid, ranking, run, study

from simlimit import plots
from simlimit.plots import accessors

KINDS = (
    accessors.RunPlots,
    accessors.StudyPlots,
    accessors.ComparisonPlots,
    accessors.SweepPlots,
    accessors.LeverRankingPlots,
    accessors.AttributionPlots,
)
METHODS = [
    pytest.param(kind, name, id=f"{kind.__name__}.{name}")
    for kind in KINDS
    for name in vars(kind)
    if not name.startswith("_")
]


@pytest.mark.parametrize(("kind", "name"), METHODS)
def test_a_method_has_the_signature_of_its_function(kind, name):
    function = getattr(plots, {"lines": "sweep", "bars": "attribution"}.get(name, name))
    of_method, of_function = (
        list(inspect.signature(f).parameters.values()) for f in (getattr(kind, name), function)
    )
    assert of_method[1:] == of_function[1:]
    assert "Parameters\n" in (getattr(kind, name).__doc__ or "")


@pytest.mark.parametrize(
    ("of", "names"),
    [
        (run, {"delay", "standing", "incidence", "causes", "platform", "borrower"}),
        (study, {"delay", "standing", "incidence", "causes", "platform"}),
        (comparison, {"forest", "platform"}),
        (grid, {"lines"}),
        (ranking, {"tornado"}),
        (attribution, {"bars"}),
    ],
)
def test_each_can_draw_what_it_has(of, names):
    plot = of().plot
    assert {name for name in dir(plot) if not name.startswith("_")} == names
    for name in names:
        method = getattr(plot, name)
        ax = method(3) if name == "borrower" else method()
        assert ax.get_title(loc="left") or ax.get_ylabel()
