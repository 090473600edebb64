"""Cells that a spreadsheet shows instead of running: the apostrophe before a formula, put on and taken off.

A cell that starts with `=`, `+`, `-`, `@`, TAB or CR is a formula, or turns into one, in the usual programs. It
goes out with an apostrophe before it; one apostrophe comes off such a cell on the way in. Apostrophes that were
there before get company on the way out, so that the pair loses nothing.
"""

from __future__ import annotations

import re

# The full-width forms are read as formulas by spreadsheets with an East Asian locale.
_FORMULA = re.compile("'*[=+\\-@\t\r＝＋－＠]")


def guard(text: str) -> str:
    """The cell as it may be written for a spreadsheet."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguard(text: str) -> str:
    """The cell as it was before `guard`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
