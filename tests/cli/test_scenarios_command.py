"""`simlimit presets` and `simlimit scenario`."""

import pytest

import simlimit as sl
from simlimit import cli


def test_presets_are_listed_with_a_line_each(capsys):
    assert cli.main(["presets"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(sl.presets())
    for line, (name, description) in zip(lines, sl.presets()["description"].items(), strict=True):
        assert line.startswith(name)
        assert line.endswith(description)


@pytest.mark.parametrize("name", sl.presets().index)
def test_a_scenario_is_printed_with_a_comment_for_each_field(tmp_path, capsys, name):
    assert cli.main(["scenario", name]) == 0
    text = capsys.readouterr().out
    (tmp_path / "printed.toml").write_text(text, encoding="utf-8")
    assert sl.load("printed.toml") == sl.preset(name)
    for leaf in sl.Scenario.leaves():
        field = leaf.rsplit(".", maxsplit=1)[-1]
        assert f"{field} =" in text or f"{field}]" in text or leaf == "provenance"
    assert text.count("# ") > len(sl.Scenario.leaves())
