"""The progress bar: a widget where a notebook can show one, else text."""

import warnings

with warnings.catch_warnings():
    # A notebook without widgets gets the text, which is nothing to warn of whoever imports simlimit.
    warnings.simplefilter("ignore")
    from tqdm.auto import tqdm

__all__ = ["tqdm"]
