"""Readers coming in and going out: import with a report by line, export, and erasure."""

from subscribers.transfer.erasing import erase, spellings
from subscribers.transfer.exporting import export_csv, export_jsonl, export_reader
from subscribers.transfer.importing import ImportReport, import_csv
from subscribers.transfer.reading import TransferError
from subscribers.transfer.rows import ImportOptions, LineProblem

__all__ = [
    "ImportOptions",
    "ImportReport",
    "LineProblem",
    "TransferError",
    "erase",
    "export_csv",
    "export_jsonl",
    "export_reader",
    "import_csv",
    "spellings",
]
