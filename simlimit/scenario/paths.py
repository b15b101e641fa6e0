"""The paths of fields as users write them: names with dots between them, and positions in brackets."""

import json
import re

# The steps to a field: names, and the positions of elements of lists.
Path = tuple[str | int, ...]
# Where elements have names instead of positions.
REGIONS = ("population", "regions")

_NAME = r'"(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"|[^."\[\]]+'
_STEP = re.compile(rf"\[\d+\]|{_NAME}")
_PATH = re.compile(rf"(?:{_NAME})(?:\.(?:{_NAME})|\[\d{{1,9}}\])*")
_PLAIN = re.compile(r"[\w-]+")


def step_text(step: str | int) -> str:
    """Write a step as it stands behind others: `[0]`, `.size`; a name that is no plain word has quotes."""
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step if _PLAIN.fullmatch(step) else json.dumps(step, ensure_ascii=False)}"


def dotted(path: Path) -> str:
    """Write a path as users do: `("shocks", 0, "size")` is `shocks[0].size`."""
    return "".join(map(step_text, path)).removeprefix(".")


def steps_of(text: str) -> Path:
    """Return the path that a text writes; what writes none is a name.

    Examples
    --------
    >>> steps_of('population.regions."north.east".share'), steps_of("shocks[0].size")
    (('population', 'regions', 'north.east', 'share'), ('shocks', 0, 'size'))
    """
    if not _PATH.fullmatch(text):
        return (text,)
    # What is in brackets or quotes is JSON.
    steps = _STEP.findall(text)
    return tuple(json.loads(one.strip("[]"), strict=False) if one[0] in '["' else one for one in steps)
