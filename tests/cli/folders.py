"""What is found in a folder, and in what was said."""

import re


def files(folder):
    return {path.name for path in folder.iterdir()}


def replications_kept(said, on=""):
    """Return the number in the sentence that follows Ctrl-C."""
    sentence = rf"simlimit: interrupted; replications done: ([\d,]+){re.escape(on)}\.\n"
    return int(re.search(rf"{sentence}$", said)[1].replace(",", ""))
