"""What an import does with one row, given all that we know of its address. Pure: nobody is ever revived here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from subscribers.attributes import as_text
from subscribers.model import AttributeValue, SubscriptionState, SuppressionReason
from subscribers.transfer.rows import ImportRow


class Verdict(StrEnum):
    """ADD a subscription (and perhaps the reader), UPDATE what the row says anew, END, SUPPRESS, or leave alone."""

    ADD = "add"
    UPDATE = "update"
    END = "end"
    SUPPRESS = "suppress"
    UNCHANGED = "unchanged"
    KEPT_OUT = "kept_out"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownReader:
    """A stored reader with an address like the row's, and their subscription to this list, if any."""

    id: int
    email_key: str
    name: str
    language: str
    timezone: str
    attributes: Mapping[str, AttributeValue]
    chosen_at: datetime | None
    subscription_id: int | None
    state: SubscriptionState | None
    sections: tuple[str, ...]
    frequency: str
    hour: int | None
    paused_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The verdict on a row, why it was kept out or refused, and the very reader it is about."""

    verdict: Verdict
    why: str = ""
    reader: KnownReader | None = None


def decide(
    row: ImportRow,
    alike: Sequence[KnownReader],
    reasons: Collection[SuppressionReason],
    erased: bool,
    moved: bool = False,
) -> Decision:
    """Judge one row. `alike` are stored readers with the same fold key; `reasons` suppress the address;
    `moved` where a reader has just moved away from it and may go back.

    Where the row says no after the same file said something else (`row.earlier`), that may be stored by now, or not, in
    a rehearsal: the verdict is the same.
    """
    reader = next((known for known in alike if known.email_key == row.address.key), None)
    if reader is None and moved and not alike:
        return _decide_moved(row, reasons)
    if reader is None:
        return _decide_new(row, alike, reasons, erased)
    if reader.state is None and erased:
        # Somebody asked in their name on another list, and nobody has confirmed it.
        return Decision(verdict=Verdict.KEPT_OUT, why="erased")
    if reader.state is None:
        return _decide_unlisted(row, reader, reasons)
    if row.wishes.state == "suppressed":
        news = SuppressionReason.MANUAL not in reasons
        return Decision(verdict=Verdict.SUPPRESS if news else Verdict.UNCHANGED, reader=reader)
    if row.wishes.state == "unsubscribed":
        ended = reader.state is SubscriptionState.ENDED
        return Decision(verdict=Verdict.UNCHANGED if ended else Verdict.END, reader=reader)
    if reader.state is SubscriptionState.ENDED:
        return Decision(verdict=Verdict.KEPT_OUT, why="unsubscribed", reader=reader)
    if reader.state is SubscriptionState.PENDING:
        return Decision(verdict=Verdict.KEPT_OUT, why="pending", reader=reader)
    if reasons:
        return Decision(verdict=Verdict.KEPT_OUT, why=_word(reasons), reader=reader)
    news = profile_changes(row, reader) or preference_changes(row, reader)
    return Decision(verdict=Verdict.UPDATE if news else Verdict.UNCHANGED, reader=reader)


def profile_changes(row: ImportRow, reader: KnownReader) -> bool:
    """Whether the row says something new about the reader, who has not chosen for themselves since."""
    if reader.chosen_at is not None:
        return False
    return (
        (bool(row.name) and row.name != reader.name)
        or (bool(row.wishes.language) and row.wishes.language != reader.language)
        or (bool(row.wishes.timezone) and row.wishes.timezone != reader.timezone)
        or any(_says_else(reader.attributes.get(name), value) for name, value in row.attributes.items())
    )


def merged_attributes(row: ImportRow, reader: KnownReader) -> dict[str, AttributeValue]:
    """What is known of the reader after the row. A number or a yes stays one where the row's text says the same."""
    news = {name: value for name, value in row.attributes.items() if _says_else(reader.attributes.get(name), value)}
    return {**reader.attributes, **news}


def _says_else(held: AttributeValue | None, value: AttributeValue) -> bool:
    if isinstance(value, str) and held is not None and not isinstance(held, str):
        # A file has no types: the cell of an export of ours is what `as_text` made of it.
        return value != as_text(held)
    return held != value


def preference_changes(row: ImportRow, reader: KnownReader) -> bool:
    """Whether the row asks for other mail than the reader, who has not chosen for themselves, gets now."""
    if reader.chosen_at is not None:
        return False
    return (
        (row.wishes.sections is not None and row.wishes.sections != reader.sections)
        or (row.wishes.frequency is not None and row.wishes.frequency.value != reader.frequency)
        or (row.wishes.hour is not None and row.wishes.hour != reader.hour)
        or (row.wishes.paused_until is not None and row.wishes.paused_until != reader.paused_until)
    )


def _decide_new(
    row: ImportRow, alike: Sequence[KnownReader], reasons: Collection[SuppressionReason], erased: bool
) -> Decision:
    if alike:
        return _decide_twin(row, reasons)
    if erased:
        return Decision(verdict=Verdict.KEPT_OUT, why="erased")
    return _decide_unlisted(row, None, reasons)


def _decide_twin(row: ImportRow, reasons: Collection[SuppressionReason]) -> Decision:
    """Somebody has the address but for upper and lower case: nobody is merged, and a no still keeps mail back."""
    refused = Decision(verdict=Verdict.REFUSED, why="differs from a reader we have only in upper and lower case")
    return _decide_no(row, reasons) or _decide_kept_out(row, reasons) or refused


def _decide_kept_out(row: ImportRow, reasons: Collection[SuppressionReason]) -> Decision | None:
    """Who would not come in anyway: the same whether or not the reader that they resemble came in before them."""
    if row.wishes.state == "pending":
        return Decision(verdict=Verdict.KEPT_OUT, why="pending")
    if row.wishes.state == "active" and reasons:
        return Decision(verdict=Verdict.KEPT_OUT, why=_word(reasons))
    return None


def _decide_moved(row: ImportRow, reasons: Collection[SuppressionReason]) -> Decision:
    """The address is still that of the reader who moved: nobody new comes in, and a no keeps mail back here too."""
    return _decide_no(row, reasons) or Decision(verdict=Verdict.KEPT_OUT, why="moved")


def _decide_no(row: ImportRow, reasons: Collection[SuppressionReason]) -> Decision | None:
    if row.wishes.state == "suppressed":
        return Decision(verdict=Verdict.UNCHANGED if SuppressionReason.MANUAL in reasons else Verdict.SUPPRESS)
    if row.wishes.state == "unsubscribed":
        return Decision(verdict=Verdict.UNCHANGED if SuppressionReason.UNSUBSCRIBED in reasons else Verdict.SUPPRESS)
    return None


def _decide_unlisted(row: ImportRow, reader: KnownReader | None, reasons: Collection[SuppressionReason]) -> Decision:
    """An address without a subscription here: history may be written down, mail may only begin if nobody said no."""
    if row.earlier and _came_in_before(row.earlier, reasons):
        # Only in a rehearsal: else there would be a subscription.
        wanted = Verdict.SUPPRESS if row.wishes.state == "suppressed" else Verdict.END
        news = wanted is Verdict.END or SuppressionReason.MANUAL not in reasons
        return Decision(verdict=wanted if news else Verdict.UNCHANGED, reader=reader)
    if row.wishes.state == "pending":
        return Decision(verdict=Verdict.KEPT_OUT, why="pending", reader=reader)
    if row.wishes.state == "active" and reasons:
        return Decision(verdict=Verdict.KEPT_OUT, why=_word(reasons), reader=reader)
    return _NEWCOMER if reader is None else Decision(verdict=Verdict.ADD, reader=reader)


# Nearly every row of a first import.
_NEWCOMER = Decision(verdict=Verdict.ADD)


def _came_in_before(earlier: Collection[str], reasons: Collection[SuppressionReason]) -> bool:
    return any(state in ("unsubscribed", "suppressed") or (state == "active" and not reasons) for state in earlier)


def _word(reasons: Collection[SuppressionReason]) -> str:
    return "unsubscribed" if SuppressionReason.UNSUBSCRIBED in reasons else "suppressed"
