"""Readers page by page: everybody once, in the order of their ids, whatever lists they are on."""

import pytest
from sqlalchemy import Connection

from subscribers import paging, store
from subscribers.address import parse_address
from subscribers.lists import unsubscribe
from subscribers.model import MailList, OptIn, SubscriptionState
from subscribers.transfer.erasing import erase
from tests.subscribers.people import ERASURE_KEY, NOW, PAGE, member, person


def pages(conn: Connection, limit: int, state: SubscriptionState | None) -> list[int]:
    """All ids that the pages give, one after the other."""
    found: list[int] = []
    while page := paging.page_of_subscribers(conn, state=state, after=found[-1] if found else 0, limit=limit):
        assert len(page) <= limit
        found += [one.id for one in page]
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_readers_in_a_state_are_given_once_and_in_order(conn: Connection, world: MailList, limit: int) -> None:
    asia = store.ensure_list(conn, "asia", "Asia", OptIn.SINGLE, NOW)
    ids = [member(conn, asia if n % 3 else world, f"r{n}@mail.example") for n in range(9)]
    nowhere = person(conn, "nobody@mail.example")
    for n in (0, 1, 2, 4, 5):
        unsubscribe(conn, ids[n], (asia if n % 3 else world).id, PAGE, NOW)
    # On both lists, and left both: there once.
    member(conn, world, "r4@mail.example")
    unsubscribe(conn, ids[4], world.id, PAGE, NOW)
    for n in (1, 2):
        erase(conn, parse_address(f"r{n}@mail.example"), erasure_key=ERASURE_KEY, now=NOW)
    assert pages(conn, limit, SubscriptionState.ENDED) == [ids[0], ids[4], ids[5]]
    assert pages(conn, limit, SubscriptionState.ACTIVE) == [ids[3], *ids[6:]]
    assert pages(conn, limit, SubscriptionState.PENDING) == []
    assert pages(conn, limit, None) == [ids[0], *ids[3:], nowhere]
