"""The progress bar: a widget where a notebook can show one, else text."""

import warnings
from typing import Any

with warnings.catch_warnings():
    # A notebook without widgets gets the text, which is nothing to warn of whoever imports simlimit.
    warnings.simplefilter("ignore")
    from tqdm.auto import tqdm

__all__ = ["counted", "tqdm"]
_OF_TOTAL = "{l_bar}{bar}| {n_fmt}/{total_fmt}{unit} [{elapsed}<{remaining}]"
_WITHOUT = "{n_fmt}{unit} [{elapsed}]"


def counted(unit: str, total: int | None) -> dict[str, Any]:
    """Return the arguments of `tqdm` by which it counts things of a name, up to a total if that is known.

    Its own format has no plural, and no space before the unit. Of what takes minutes a rate would be 0.00.
    """
    return {"total": total, "unit": f" {unit}s", "bar_format": _OF_TOTAL if total else _WITHOUT}
