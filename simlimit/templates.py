"""Sentences with numbers in them."""

from string import Formatter


class _Template(Formatter):
    """As `str.format`, but ``{number:s}`` is the s of a plural."""

    def format_field(self, value: object, format_spec: str) -> str:
        plural = "" if str(value) == "1" else "s"
        return plural if format_spec == "s" else str(super().format_field(value, format_spec))


def filled(template: str, **values: object) -> str:
    """Return a template of `str.format` with its values; ``{number:s}`` is the s of a plural.

    Examples
    --------
    >>> [filled("{number:,} replication{number:s}", number=number) for number in (1, 2_000)]
    ['1 replication', '2,000 replications']
    """
    return _Template().vformat(template, (), values)
