"""Limits are counted where the ask is written: per address, per client, in all, also when everybody asks at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, func, select

from subscribers.letter_tables import asks
from subscribers.limits import Admission, AskLimits, admit, client_hash, forget_asks
from tests.subscribers.people import NOW, empty

KEY = b"a key for limits in tests only"


def _ask(
    conn: Connection,
    address: str = "ana@mail.example",
    client: str = "192.0.2.1",
    *,
    limits: AskLimits | None = None,
    after: timedelta = timedelta(0),
) -> Admission:
    return admit(conn, address, client, key=KEY, limits=limits or AskLimits(), now=NOW + after)


def test_one_letter_to_an_address_in_24_hours(conn: Connection) -> None:
    assert _ask(conn) is Admission.ADMITTED
    assert _ask(conn, client="192.0.2.2") is Admission.ADDRESS
    assert _ask(conn, after=timedelta(hours=24) - timedelta(seconds=1)) is Admission.ADDRESS
    assert _ask(conn, after=timedelta(hours=24)) is Admission.ADMITTED


def test_twenty_in_any_hour_for_a_client(conn: Connection) -> None:
    """Any hour, not an hour of the clock: 20 at its end and 20 at the next one's beginning are 40."""
    said = [_ask(conn, f"r{n}@mail.example", after=timedelta(minutes=59)) for n in range(20)]
    assert said == [Admission.ADMITTED] * 20
    assert _ask(conn, "x@mail.example", after=timedelta(minutes=61)) is Admission.CLIENT
    assert _ask(conn, "x@mail.example", "192.0.2.2", after=timedelta(minutes=61)) is Admission.ADMITTED
    assert _ask(conn, "y@mail.example", after=timedelta(minutes=119)) is Admission.ADMITTED


def test_a_ceiling_over_all(conn: Connection) -> None:
    limits = AskLimits(in_all=3)
    for n in range(3):
        assert _ask(conn, f"r{n}@mail.example", f"192.0.2.{n}", limits=limits) is Admission.ADMITTED
    assert _ask(conn, "x@mail.example", "192.0.2.9", limits=limits) is Admission.CEILING


def test_what_is_refused_leaves_no_trace(conn: Connection) -> None:
    _ask(conn)
    _ask(conn)
    assert conn.execute(select(func.count()).select_from(asks)).scalar_one() == 1


def test_asks_are_forgotten_after_a_day(conn: Connection) -> None:
    _ask(conn)
    assert forget_asks(conn, NOW + timedelta(hours=23)) == 0
    assert forget_asks(conn, NOW + timedelta(hours=24)) == 1


def test_nothing_that_can_be_read_is_kept(conn: Connection) -> None:
    _ask(conn)
    row = conn.execute(select(asks)).one()
    assert b"ana" not in row.address_hash
    assert len(row.address_hash) == len(row.client_hash) == 32
    assert row.client_hash != client_hash("192.0.2.1", b"another key of sixteen bytes")


def test_a_network_of_ipv6_is_one_client() -> None:
    assert client_hash("2001:db8:1:2::3", KEY) == client_hash("2001:db8:1:2:ffff::4", KEY)
    assert client_hash("2001:db8:1:2::3", KEY) != client_hash("2001:db8:1:3::3", KEY)
    assert client_hash("::ffff:192.0.2.1", KEY) == client_hash("192.0.2.1", KEY)
    assert client_hash("", KEY) != client_hash("unix socket", KEY)


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        AskLimits(per_client=-1)


def test_a_crowd_at_once_gets_one_letter(engine: Engine) -> None:
    """Threads with connections of their own, all asking for one address: exactly one is let through."""
    with engine.begin() as conn:
        empty(conn)

    def ask(number: int) -> Admission:
        with engine.begin() as conn:
            return admit(conn, "ana@mail.example", f"192.0.2.{number}", key=KEY, limits=AskLimits(), now=NOW)

    try:
        with ThreadPoolExecutor(16) as pool:
            said = list(pool.map(ask, range(64)))
    finally:
        with engine.begin() as conn:
            empty(conn)
    assert said.count(Admission.ADMITTED) == 1
    assert said.count(Admission.ADDRESS) == 63


def test_a_crowd_behind_one_client_gets_its_twenty(engine: Engine) -> None:
    with engine.begin() as conn:
        empty(conn)

    def ask(number: int) -> Admission:
        with engine.begin() as conn:
            return admit(conn, f"r{number}@mail.example", "192.0.2.1", key=KEY, limits=AskLimits(), now=NOW)

    try:
        with ThreadPoolExecutor(16) as pool:
            said = list(pool.map(ask, range(64)))
    finally:
        with engine.begin() as conn:
            empty(conn)
    assert said.count(Admission.ADMITTED) == 20
