"""Sorts the readers of a call whose provider takes each address once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from digest.model.mail import Recipient
from digest.providers.addresses import is_bare


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """The readers of a batch: those of this call, those who must wait for another, and those refused, why."""

    now: tuple[Recipient, ...]
    later: frozenset[str]
    refused: Mapping[str, str]


def sort_out(recipients: tuple[Recipient, ...]) -> Sorted:
    """One address may be in a call once, without regard to case; the second one waits for the next call."""
    now: dict[str, Recipient] = {}
    later: set[str] = set()
    refused: dict[str, str] = {}
    for recipient in recipients:
        mailbox = recipient.email.casefold()
        if not is_bare(recipient.email):
            refused[recipient.delivery] = "the address is not plain ASCII"
        elif mailbox in now:
            later.add(recipient.delivery)
        else:
            now[mailbox] = recipient
    return Sorted(now=tuple(now.values()), later=frozenset(later), refused=refused)
