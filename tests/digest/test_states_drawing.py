"""The drawing of the states is the one that the code's own transition tables make."""

from __future__ import annotations

import runpy
from pathlib import Path

from digest.model.delivery import CHUNK_TRANSITIONS, MAILING_TRANSITIONS

WRITER = Path(__file__).parents[2] / "docs" / "why" / "write_states.py"


def test_the_drawing_is_of_today() -> None:
    writer = runpy.run_path(str(WRITER))
    page = writer["PAGE"].read_text("utf-8")
    assert writer["BEGIN"] in page
    assert page == writer["redrawn"](page), "draw it anew: python docs/why/write_states.py"


def test_every_transition_has_its_reason_and_no_reason_lacks_its_transition() -> None:
    writer = runpy.run_path(str(WRITER))
    for words, table in (("CHUNK_WORDS", CHUNK_TRANSITIONS), ("MAILING_WORDS", MAILING_TRANSITIONS)):
        assert set(writer[words]) == {(before, after) for before, targets in table.items() for after in targets}
