"""Cells between us and spreadsheets: no formula goes out, nothing is lost on the way back."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscribers.transfer.cells import guard, unguard

_texts = st.one_of(st.text(), st.text(st.sampled_from("'=+-@\t\r＝a"), max_size=6))


@pytest.mark.parametrize("formula", ["=cmd()", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1", '=HYPERLINK("x")'])
def test_a_formula_goes_out_as_text(formula: str) -> None:
    assert guard(formula) == f"'{formula}"


@pytest.mark.parametrize("text", ["", "Ana", "O'Brien", "'Abd", "'", "a=b", "8.5"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert guard(text) == text
    assert unguard(text) == text


@settings(deadline=None)
@given(_texts)
def test_there_and_back(text: str) -> None:
    assert unguard(guard(text)) == text


@settings(deadline=None)
@given(_texts)
def test_no_guarded_cell_starts_a_formula(text: str) -> None:
    assert not guard(text).startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))


@settings(deadline=None)
@given(st.lists(_texts, min_size=1, max_size=4))
def test_there_and_back_through_a_file(texts: list[str]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerow([guard(text) for text in texts])
    file.seek(0)
    assert [unguard(cell) for cell in next(csv.reader(file))] == texts
