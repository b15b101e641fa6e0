"""Reports: a result as one HTML file to send, which opens from a disk without a network."""

from simlimit.reports.page import check_place, write_report

__all__ = ["check_place", "write_report"]
