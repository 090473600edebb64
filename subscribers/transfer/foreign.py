"""The exports of other senders, known by their headers, and what their columns mean in ours. Pure.

A file of theirs is brought into our own columns row by row, before anything reads it; what a row says about leaving,
bouncing or not having confirmed is kept, whatever else is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Cells = Mapping[str, str]
"""One row, its cells by title: lower case, with _ for blanks and hyphens."""

_SPACES = re.compile(r"[\s\-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignExport:
    """One sender's form. `marks` are titles that all have to be there, `state` reads one of our states from a row."""

    name: str
    marks: frozenset[str]
    state: Callable[[Cells], str]
    columns: Mapping[str, str] = field(default_factory=dict)
    """Their title -> ours; `attributes` takes a JSON object, any other new word becomes a custom attribute."""
    names: tuple[str, ...] = ()
    """Titles whose cells make up the name, in order."""
    evidence: tuple[tuple[str, str], ...] = ()
    """(words, title): what stands in the record of consent."""
    left_out: frozenset[str] = frozenset()
    """Titles that say nothing about a reader's wishes: ids, addresses of machines, counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """A file in our columns: its header, and what makes a row of theirs one of ours."""

    sender: str
    header: tuple[str, ...]
    row: Callable[[Sequence[str]], list[str]]


def plain_title(title: str) -> str:
    """A column's title as it is compared: `First Name` is `first_name`."""
    return _SPACES.sub("_", title.strip().lower())


def recognise(header: Sequence[str], named: Mapping[str, str] | None = None) -> Translation | None:
    """How to read an export of another sender; None where the header is nobody's we know.

    `named` says what the caller calls a plain title, "" for one to be left out. State and consent are read even so.
    """
    titles = [plain_title(title) for title in header]
    known = set(titles)
    export = next((one for one in EXPORTS if one.marks <= known), None)
    return None if export is None else _translation(export, titles, named or {})


def _translation(export: ForeignExport, titles: Sequence[str], named: Mapping[str, str]) -> Translation:
    used = {*export.names, *(title for _, title in export.evidence), *export.left_out} - named.keys()
    words = {**export.columns, **named}
    kept = [(at, words.get(title, title)) for at, title in enumerate(titles) if title not in used]
    names = () if "name" in named.values() else tuple(title for title in export.names if title not in named)
    # A second column of the same title, or one that is called as ours are, must not come before the real one.
    kept = list({word: (at, word) for at, word in reversed(kept) if word not in _MADE}.values())[::-1]
    header = ("state", "consent", *(("name",) if names else ()), *(word for _, word in kept))

    def row(cells: Sequence[str]) -> list[str]:
        filled = [*cells, *([""] * (len(titles) - len(cells)))]
        by_title = {title: cell.strip() for title, cell in zip(titles, filled, strict=False)}
        said = [f"{words} {by_title[title]}" for words, title in export.evidence if by_title.get(title)]
        made = [export.state(by_title), "; ".join([f"imported from {export.name}", *said])]
        if names:
            made.append(" ".join(filter(None, (by_title.get(title, "") for title in names))))
        return [*made, *(filled[at] for at, _ in kept), *filled[len(titles) :]]

    return Translation(sender=export.name, header=header, row=row)


_MADE = frozenset({"state", "consent"})


def _by_word(title: str, words: Mapping[str, str], otherwise: str) -> Callable[[Cells], str]:
    def state(cells: Cells) -> str:
        return words.get(cells.get(title, "").lower(), otherwise)

    return state


def _buttondown(title: str) -> Callable[[Cells], str]:
    by_type = _by_word(title, _BUTTONDOWN_WORDS, "unsubscribed")

    def state(cells: Cells) -> str:
        said = by_type(cells)
        if said == "suppressed" or any(cells.get(one) for one in ("undeliverability_date", "undeliverability_reason")):
            return "suppressed"
        gone = any(cells.get(date) for date in ("unsubscription_date", "unsubscribed_at"))
        return "unsubscribed" if gone else said

    return state


def _listmonk(cells: Cells) -> str:
    """`subscription_status` is of the list that was exported, `status` of the reader for all of them."""
    said = _by_word("status", _LISTMONK_WORDS, "suppressed")(cells)
    if "subscription_status" not in cells or said != "active":
        return said
    return _by_word("subscription_status", _LISTMONK_LIST_WORDS, "unsubscribed")(cells)


def _mailchimp(cells: Cells) -> str:
    """Mailchimp writes a file for each state; what tells them apart is which columns they have.

    A file with a column `status` may hold all of them: there a row is what it says, and whatever we do not know is not
    mailed.
    """
    for state, marks in _MAILCHIMP_MARKS.items():
        if any(cells.get(mark) for mark in marks):
            return state
    if "status" in cells:
        return _by_word("status", _MAILCHIMP_WORDS, "unsubscribed")(cells)
    return next((state for state, marks in _MAILCHIMP_MARKS.items() if marks & cells.keys()), "active")


_MAILCHIMP_MARKS = {
    "suppressed": frozenset({"clean_time", "clean_campaign_title", "clean_campaign_id"}),
    "unsubscribed": frozenset(
        {"unsub_time", "unsub_campaign_title", "unsub_campaign_id", "unsub_reason", "unsub_reason_other"}
    ),
}
_MAILCHIMP_WORDS = {
    "subscribed": "active",
    "unsubscribed": "unsubscribed",
    "cleaned": "suppressed",
    "pending": "pending",
    "non_subscribed": "unsubscribed",
    "non-subscribed": "unsubscribed",
    "nonsubscribed": "unsubscribed",
    "archived": "unsubscribed",
}
# What we do not know is not mailed: the person reads the report, and decides.
_BUTTONDOWN_WORDS = {
    "regular": "active",
    "premium": "active",
    "gifted": "active",
    "trialed": "active",
    "paused": "unsubscribed",
    "past_due": "active",
    "churning": "active",
    "unactivated": "pending",
    "unsubscribed": "unsubscribed",
    "removed": "unsubscribed",
    "churned": "unsubscribed",
    "undeliverable": "suppressed",
    "complained": "suppressed",
    "blocked": "suppressed",
    "spammy": "suppressed",
    "disabled": "suppressed",
}
_LISTMONK_WORDS = {"enabled": "active", "active": "active", "confirmed": "active", "unconfirmed": "pending"}

_LISTMONK_LIST_WORDS = {"confirmed": "active", "unconfirmed": "pending"}

_BUTTONDOWN_LEFT_OUT = frozenset(
    {
        "id",
        "secondary_id",
        "ip_address",
        "avatar_url",
        "risk_score",
        "referrer_url",
        "utm_campaign",
        "utm_medium",
        "utm_source",
        "transitions",
        "stripe_customer_id",
        "undeliverability_date",
        "undeliverability_reason",
        "unsubscription_date",
        "unsubscribed_at",
    }
)

EXPORTS: tuple[ForeignExport, ...] = (
    ForeignExport(
        name="Mailchimp",
        marks=frozenset({"email_address", "leid", "euid"}),
        state=_mailchimp,
        columns={"email_address": "email", "tags": "tags"},
        names=("first_name", "last_name"),
        evidence=(("opted in", "optin_time"), ("confirmed", "confirm_time")),
        # Mailchimp guesses the zone from a machine's address: that is no wish of the reader's.
        left_out=frozenset(
            """member_rating optin_ip confirm_ip latitude longitude gmtoff dstoff timezone cc region last_changed leid
            euid notes status unsub_time unsub_campaign_title unsub_campaign_id unsub_reason unsub_reason_other
            clean_time clean_campaign_title clean_campaign_id""".split()  # noqa: SIM905
        ),
    ),
    ForeignExport(
        name="Ghost",
        marks=frozenset({"email", "subscribed_to_emails", "complimentary_plan"}),
        state=lambda cells: (
            "unsubscribed" if cells["subscribed_to_emails"].lower() != "true" or cells.get("deleted_at") else "active"
        ),
        evidence=(("member since", "created_at"),),
        left_out=frozenset(
            {"id", "note", "subscribed_to_emails", "complimentary_plan", "stripe_customer_id", "deleted_at", "gift_id"}
        ),
    ),
    ForeignExport(
        name="Substack",
        marks=frozenset({"email", "active_subscription", "email_disabled"}),
        state=lambda cells: "unsubscribed" if cells["email_disabled"].lower() != "false" else "active",
        evidence=(("subscribed", "created_at"),),
        left_out=frozenset({"active_subscription", "expiry", "email_disabled", "first_payment_at"}),
    ),
    ForeignExport(
        name="listmonk",
        marks=frozenset({"uuid", "email", "status", "attributes"}),
        state=_listmonk,
        evidence=(("subscribed", "created_at"),),
        left_out=frozenset({"id", "uuid", "status", "subscription_status", "updated_at", "lists"}),
    ),
    ForeignExport(
        name="Buttondown",
        marks=frozenset({"email", "subscriber_type", "metadata"}),
        state=_buttondown("subscriber_type"),
        columns={"metadata": "attributes"},
        evidence=(("subscribed", "creation_date"),),
        left_out=_BUTTONDOWN_LEFT_OUT | {"subscriber_type", "notes", "source"},
    ),
    ForeignExport(
        name="Buttondown",
        marks=frozenset({"email_address", "type", "metadata"}),
        state=_buttondown("type"),
        columns={"email_address": "email", "metadata": "attributes"},
        evidence=(("subscribed", "creation_date"),),
        left_out=_BUTTONDOWN_LEFT_OUT | {"type", "notes", "source"},
    ),
)
"""Every sender's export that we know; the first that matches counts."""
