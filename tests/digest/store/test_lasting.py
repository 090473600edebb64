"""The key of erasures outlives the secret keys, as long as one of them is left that was there with it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select

from digest.store import db
from digest.store.lasting import KeyLost, lasting_key, opened_by, rekey
from digest.store.tables import lasting_keys
from digest.store.tx import Store
from subscribers.erasures import address_hash, erased_among, remember

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
ONE, TWO, THREE = (f"the secret key number {n}".encode() for n in (1, 2, 3))


def _erase(engine: Engine, key: bytes) -> None:
    with db.write(engine) as conn:
        remember(conn, [address_hash("ana@mail.example", key)], NOW)


def test_keys_come_and_go_and_erasures_stay(store: Store) -> None:
    engine = store.engine
    assert lasting_key(engine, [ONE], NOW) == ONE, "what was erased before is known"
    _erase(engine, ONE)
    for keys in ([ONE, TWO], [TWO], [TWO, THREE], [THREE]):
        key = lasting_key(engine, keys, NOW)
        with db.read(engine) as conn:
            assert erased_among(conn, ["ana@mail.example"], key) == {"ana@mail.example"}


def test_it_is_not_in_the_database(store: Store) -> None:
    engine = store.engine
    lasting_key(engine, [ONE, TWO], NOW)
    with db.read(engine) as conn:
        held = b"".join(row.sealed + row.secret_id.encode() for row in conn.execute(select(lasting_keys)))
    assert ONE not in held
    assert TWO not in held


def test_a_key_that_is_gone_is_said_and_not_passed_over(store: Store) -> None:
    engine = store.engine
    lasting_key(engine, [ONE], NOW)
    assert lasting_key(engine, [TWO], NOW) == TWO, "nobody was erased: nothing is lost"
    _erase(engine, TWO)
    with pytest.raises(KeyLost, match=r"1 erased addresses .* put it back"):
        lasting_key(engine, [THREE], NOW)
    with db.write(engine) as conn:
        assert opened_by(conn, [TWO, THREE])
        assert not opened_by(conn, [THREE])
        assert rekey(conn, [TWO, THREE], NOW) == 0, "nothing to give up"
        assert rekey(conn, [THREE], NOW) == 1
    assert lasting_key(engine, [THREE], NOW) == THREE
