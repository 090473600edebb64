"""Draw the states of delivery from the code's own tables into delivery.md: `python docs/why/write_states.py`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from digest.model.delivery import CHUNK_TRANSITIONS, MAILING_TRANSITIONS, ChunkState, MailingState

PAGE = Path(__file__).with_name("delivery.md")
BEGIN, END = "<!-- drawn by write_states.py: begin -->", "<!-- drawn by write_states.py: end -->"

CHUNK_WORDS: Mapping[tuple[ChunkState, ChunkState], str] = {
    (ChunkState.READY, ChunkState.SENDING): "claimed, committed before the first byte",
    (ChunkState.READY, ChunkState.HELD): "its window is over, or its provider forgot its key",
    (ChunkState.READY, ChunkState.ABANDONED): "given up by a person, or by rule with its key forgotten",
    (ChunkState.READY, ChunkState.ACCEPTED): "an event echoes an earlier call",
    (ChunkState.SENDING, ChunkState.ACCEPTED): "taken",
    (ChunkState.SENDING, ChunkState.READY): "certainly not taken",
    (ChunkState.SENDING, ChunkState.SPLIT): "halved, or some yes and some no",
    (ChunkState.SENDING, ChunkState.IN_DOUBT): "no answer after the last byte, or its sender is gone",
    (ChunkState.SENDING, ChunkState.REFUSED): "bad addresses, each by itself",
    (ChunkState.REFUSED, ChunkState.READY): "nearly everybody was refused: it is us",
    (ChunkState.IN_DOUBT, ChunkState.ACCEPTED): "an event echoes it",
    (ChunkState.IN_DOUBT, ChunkState.SPLIT): "some of its readers were heard of, one by one",
    (ChunkState.IN_DOUBT, ChunkState.READY): "taken back in time, safe to repeat, or on_doubt is resend",
    (ChunkState.IN_DOUBT, ChunkState.HELD): "deadline, or most likely nobody has it (on_doubt is hold)",
    (ChunkState.IN_DOUBT, ChunkState.ABANDONED): "deadline, on_doubt is skip",
    (ChunkState.HELD, ChunkState.READY): "a person releases it",
    (ChunkState.HELD, ChunkState.ACCEPTED): "an event echoes it",
    (ChunkState.HELD, ChunkState.ABANDONED): "a person gives up the rest",
    (ChunkState.ABANDONED, ChunkState.READY): "a person releases it",
    (ChunkState.ABANDONED, ChunkState.ACCEPTED): "an event echoes it",
}
MAILING_WORDS: Mapping[tuple[MailingState, MailingState], str] = {
    (MailingState.PLANNED, MailingState.SENDING): "the first send",
    (MailingState.PLANNED, MailingState.PAUSED): "pause",
    (MailingState.PLANNED, MailingState.STOPPED): "stop",
    (MailingState.SENDING, MailingState.PAUSED): "pause, a refused key, first readers that failed",
    (MailingState.SENDING, MailingState.STOPPED): "stop",
    (MailingState.SENDING, MailingState.CLOSED): "nothing is left",
    (MailingState.PAUSED, MailingState.SENDING): "resume",
    (MailingState.PAUSED, MailingState.STOPPED): "stop",
    (MailingState.PAUSED, MailingState.CLOSED): "the rest is given up",
    (MailingState.STOPPED, MailingState.SENDING): "resume",
    (MailingState.STOPPED, MailingState.CLOSED): "the rest is given up",
    (MailingState.CLOSED, MailingState.PAUSED): "a person releases what was given up",
}


def drawing() -> str:
    """Both machines as Mermaid, which GitHub and most readers of Markdown draw. Raises KeyError without words."""
    chunk = _machine(CHUNK_TRANSITIONS, CHUNK_WORDS, ChunkState.READY)
    mailing = _machine(MAILING_TRANSITIONS, MAILING_WORDS, MailingState.PLANNED)
    return f"{BEGIN}\nA chunk:\n\n{chunk}\n\nA mailing:\n\n{mailing}\n{END}"


def _machine(
    transitions: Mapping[StrEnum, frozenset[StrEnum]], words: Mapping[tuple[StrEnum, StrEnum], str], start: StrEnum
) -> str:
    order = list(type(start))
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {start}"]
    for before in order:
        after = sorted(transitions[before], key=order.index)
        lines.extend(f"    {before} --> {one}: {words[before, one]}" for one in after)
        if not after:
            lines.append(f"    {before} --> [*]")
    return "\n".join([*lines, "```"])


def redrawn(page: str) -> str:
    """The page with the drawing of today."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + drawing() + tail


if __name__ == "__main__":
    PAGE.write_text(redrawn(PAGE.read_text("utf-8")), "utf-8")
