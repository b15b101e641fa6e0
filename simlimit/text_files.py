"""Text files: as people have them, in UTF-8, UTF-16 or a named encoding, and those of the package."""

import gzip
import os
import tomllib
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from importlib import resources
from typing import Any

from simlimit.arguments import as_path, refused
from simlimit.errors import SimlimitError

# How the files of Excel begin: .xls and .xlsx.
WORKBOOKS = (b"\xd0\xcf\x11\xe0", b"PK\x03\x04")


def packaged(package: str, name: str) -> dict[str, Any]:
    """Return the tables of a TOML file that comes with a package."""
    return tomllib.loads(resources.files(package).joinpath(name).read_text(encoding="utf-8"))


def read_text(
    path: str | os.PathLike[str], refusal: type[SimlimitError], encoding: str | None = None, hint: str = ""
) -> str:
    """Return the text of a file, plain or .gz.

    Parameters
    ----------
    path : path
    refusal : type
        The error to raise.
    encoding : str, optional
        By its mark if not given: UTF-16, or else UTF-8.
    hint : str
        The end of the sentence that refuses another encoding.
    """
    try:
        content = as_path("path", path, refusal).read_bytes()
        if content.startswith(b"\x1f\x8b"):  # as what gzip has made
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise refusal(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    if content.startswith(WORKBOOKS):
        raise refusal(f'{path} is a workbook of Excel, but must be text: save it as "CSV UTF-8".')
    if encoding is None:
        encoding = "UTF-16" if content.startswith((BOM_UTF16_BE, BOM_UTF16_LE)) else "UTF-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeError as error:
        line = content[: getattr(error, "start", 0)].count(b"\n") + 1
        why = f"line {line} cannot be read; save the file as UTF-8{hint}"
        raise refusal(f"{path} is not {encoding.removesuffix('-sig')} text: {why}.") from None
    except (LookupError, TypeError, ValueError):
        raise refused("encoding", encoding, 'the name of an encoding, such as "gb18030"') from None
