"""Erasure: nothing personal is left anywhere, and the address does not come back by an import."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, select

from subscribers import changes
from subscribers.address import parse_address
from subscribers.erasures import address_hash, hashed_key
from subscribers.limits import AskLimits
from subscribers.lists import confirm, enrol, subscribe, unsubscribe
from subscribers.model import Blocked, MailList, ModelError, OptIn, SuppressionReason
from subscribers.signup import Applicant, Asker, SignUp, sign_up
from subscribers.store import (
    add_subscriber,
    ensure_list,
    find_subscriber,
    get_subscriber,
    page_of_readers,
    reader_behind,
)
from subscribers.suppression import gate, is_address_suppressed, lift, reasons_for, suppress
from subscribers.tables import import_problems, imports, metadata
from subscribers.tokens import LinkClaim, Purpose
from subscribers.transfer import erase
from tests.subscribers.people import ERASURE_KEY, FORM, FRIDAY, NOW, OPERATOR, PAGE, import_text, member

ADDRESS = parse_address("Canary@nest.example")


def _everything(conn: Connection) -> str:
    """Every cell of every table of the readers, as one text."""
    cells = []
    for table in metadata.sorted_tables:
        if table.schema is None and table.name in (
            "subscribers",
            "subscriptions",
            "consents",
            "suppressions",
            "erasures",
            "former_addresses",
            "lists",
        ):
            for column in table.c:
                cells += [str(cell) for cell in conn.execute(select(column)).scalars()]
    return "\n".join(cells).lower()


def _canary(conn: Connection, world: MailList) -> int:
    reader = add_subscriber(
        conn, ADDRESS, now=NOW, name="Canary Bird", timezone="Asia/Tokyo", attributes={"city": "Nest"}
    )
    enrol(conn, reader.id, world.id, OPERATOR, NOW)
    suppress(conn, ADDRESS.fold_key, SuppressionReason.MANUAL, now=NOW, note="called about canary")
    return reader.id


@pytest.mark.parametrize(
    ("shown", "gone"),
    [
        ("canary@nest.example", True),
        ("Canary Bird <CANARY@nest.exam…", True),
        ("Very long name of a person <can…", True),
        ("Canary Bird", True),
        ("canary@nest.example.com", True),
        ("no address", False),
        ("ben@mail.example", False),
        ("a cell that is cut in the middl…", False),
    ],
)
def test_what_an_import_showed_of_a_refused_line_goes_too(
    conn: Connection, world: MailList, shown: str, gone: bool
) -> None:
    _canary(conn, world)
    job = {"list_id": world.id, "file_name": "f", "sha256": "", "size": 0, "options": {}, "dry_run": False}
    made = insert(imports).values(**job, state="done", created_at=NOW, updated_at=NOW, tally={}).returning(imports.c.id)
    number = conn.execute(made).scalar_one()
    conn.execute(insert(import_problems).values(import_id=number, line=2, column="email", value=shown, reason="r"))
    erase(conn, ADDRESS, erasure_key=ERASURE_KEY, now=NOW)
    left = conn.execute(select(import_problems.c.value, import_problems.c.reason)).one()
    assert tuple(left) == ("" if gone else shown, "r")


def test_nothing_personal_is_left(conn: Connection, world: MailList) -> None:
    canary = _canary(conn, world)
    assert "canary" in _everything(conn)
    assert erase(conn, ADDRESS, erasure_key=ERASURE_KEY, now=NOW) == canary
    left = _everything(conn)
    for trace in ("canary", "bird", "nest", "tokyo", OPERATOR.evidence):
        assert trace not in left
    assert page_of_readers(conn, world.id) == []


def test_the_id_stays_for_the_accounts_and_is_never_mailed(conn: Connection, world: MailList) -> None:
    canary = _canary(conn, world)
    erase(conn, ADDRESS, erasure_key=ERASURE_KEY, now=NOW)
    tombstone = get_subscriber(conn, canary)
    assert tombstone is not None
    assert tombstone.erased_at == NOW
    assert gate(conn, [canary], world.id, FRIDAY) == {canary: Blocked.ERASED}
    for version in (1, 2):
        claim = LinkClaim(purpose=Purpose.PREFERENCES, subscriber_id=canary, list_id=0, version=version)
        assert reader_behind(conn, claim) is None
    assert subscribe(conn, canary, world, FORM, NOW).state is None


def test_erasing_twice_or_a_stranger_is_quiet(conn: Connection, world: MailList) -> None:
    _canary(conn, world)
    erase(conn, ADDRESS, erasure_key=ERASURE_KEY, now=NOW)
    assert erase(conn, ADDRESS, erasure_key=ERASURE_KEY, now=NOW) is None
    other = parse_address("other@nest.example")
    assert erase(conn, other, erasure_key=ERASURE_KEY, now=NOW) is None
    assert import_text(conn, world, "email\nother@nest.example\n").kept_out == {"erased": 1}


def test_a_reader_is_found_in_other_letters_and_erased_whole(conn: Connection, world: MailList) -> None:
    canary = _canary(conn, world)
    assert erase(conn, parse_address("canary@nest.example"), erasure_key=ERASURE_KEY, now=NOW) == canary
    assert "canary" not in _everything(conn)


def test_what_suppresses_an_address_stays_where_no_reader_is_erased(conn: Connection, world: MailList) -> None:
    suppress(conn, ADDRESS.fold_key, SuppressionReason.COMPLAINT, now=NOW)
    assert erase(conn, ADDRESS, erasure_key=ERASURE_KEY, now=NOW) is None
    assert is_address_suppressed(conn, ADDRESS, erasure_key=ERASURE_KEY)
    assert "canary" not in _everything(conn)


def test_of_two_in_other_letters_the_one_that_is_named_goes_and_the_other_stays_suppressed(
    conn: Connection, world: MailList
) -> None:
    canary, other = _canary(conn, world), member(conn, world, "canary@nest.example")
    with pytest.raises(ModelError, match=r"Canary@nest\.example, canary@nest\.example"):
        erase(conn, parse_address("CANARY@nest.example"), erasure_key=ERASURE_KEY, now=NOW)
    assert gate(conn, [canary, other], world.id, FRIDAY) == dict.fromkeys((canary, other), Blocked.SUPPRESSED)
    assert erase(conn, ADDRESS, erasure_key=ERASURE_KEY, now=NOW) == canary
    assert gate(conn, [other], world.id, FRIDAY) == {other: Blocked.SUPPRESSED}


def test_two_erased_readers_do_not_collide(conn: Connection, world: MailList) -> None:
    for email in ("ana@mail.example", "ben@mail.example"):
        member(conn, world, email)
        assert erase(conn, parse_address(email), erasure_key=ERASURE_KEY, now=NOW) is not None


def test_the_reader_may_come_back_as_somebody_new(conn: Connection, world: MailList) -> None:
    canary = member(conn, world, ADDRESS.key)
    erase(conn, ADDRESS, erasure_key=ERASURE_KEY, now=NOW)
    again = add_subscriber(conn, ADDRESS, now=NOW)
    assert again.id != canary
    subscribe(conn, again.id, world, FORM, NOW)
    confirm(conn, again.id, world.id, PAGE, NOW)
    assert gate(conn, [again.id], world.id, FRIDAY) == {again.id: None}
    assert import_text(conn, world, "email\nCanary@nest.example\n").unchanged == 1
    assert find_subscriber(conn, ADDRESS) == get_subscriber(conn, again.id)


def test_the_hash_needs_its_key() -> None:
    mine = address_hash("ana@mail.example", ERASURE_KEY)
    assert len(mine) == 32
    assert mine != address_hash("ana@mail.example", ERASURE_KEY + b"!")
    assert mine != address_hash("ben@mail.example", ERASURE_KEY)
    with pytest.raises(ValueError, match="16 bytes"):
        address_hash("ana@mail.example", b"short")


def test_the_address_before_the_present_one_is_erased_with_it_however_long_ago(
    conn: Connection, world: MailList
) -> None:
    canary = member(conn, world, ADDRESS.key)
    suppress(conn, ADDRESS.fold_key, SuppressionReason.HARD_BOUNCE, now=NOW)
    asked = changes.ask_change(conn, canary, parse_address("new@nest.example"), NOW, erasure_key=ERASURE_KEY)
    assert asked is not None
    assert changes.confirm_change(conn, asked.id, canary, NOW) is not None
    late = NOW + timedelta(days=400)
    assert changes.forget_changes(conn, late, erasure_key=ERASURE_KEY) == 1
    assert erase(conn, parse_address("new@nest.example"), erasure_key=ERASURE_KEY, now=late) == canary
    left = _everything(conn)
    assert "new@" not in left
    assert "canary" not in left, "nor in what suppressed it"
    assert is_address_suppressed(conn, ADDRESS, erasure_key=ERASURE_KEY)
    file = "email\ncanary@nest.example\nnew@nest.example\n"
    assert import_text(conn, world, file).kept_out == {"erased": 2}


@pytest.mark.parametrize("reason", [SuppressionReason.HARD_BOUNCE, SuppressionReason.COMPLAINT])
def test_what_suppressed_an_erased_reader_is_asked_at_every_door(
    conn: Connection, world: MailList, reason: SuppressionReason
) -> None:
    canary = _canary(conn, world)
    suppress(conn, ADDRESS.fold_key, reason, now=NOW)
    erase(conn, ADDRESS, erasure_key=ERASURE_KEY, now=NOW)
    assert reasons_for(conn, [ADDRESS.fold_key], world.id) == {}, "nothing holds the address"
    asker = Asker(client="192.0.2.1", limits=AskLimits(), key=ERASURE_KEY, erasure_key=ERASURE_KEY)
    came = sign_up(conn, world, Applicant(address=ADDRESS), asker, basis=FORM, now=NOW)
    assert came is SignUp.SUPPRESSED
    assert find_subscriber(conn, ADDRESS) is None
    other = member(conn, world, "ben@mail.example")
    assert changes.ask_change(conn, other, ADDRESS, NOW, erasure_key=ERASURE_KEY) is None
    hashed = hashed_key(ADDRESS.fold_key, ERASURE_KEY)
    assert lift(conn, hashed, reason)
    assert lift(conn, hashed, SuppressionReason.MANUAL)
    assert sign_up(conn, world, Applicant(address=ADDRESS), asker, basis=FORM, now=NOW) is SignUp.CONFIRM
    assert gate(conn, [canary], world.id, FRIDAY) == {canary: Blocked.ERASED}


def test_who_left_before_the_erasure_is_put_on_no_list_by_an_import(conn: Connection, world: MailList) -> None:
    daily = ensure_list(conn, "daily", "Daily", OptIn.DOUBLE, NOW)
    canary = member(conn, world, ADDRESS.key)
    unsubscribe(conn, canary, world.id, PAGE, NOW)
    erase(conn, ADDRESS, erasure_key=ERASURE_KEY, now=NOW)
    again = add_subscriber(conn, ADDRESS, now=NOW).id
    subscribe(conn, again, daily, FORM, NOW)
    assert import_text(conn, world, f"email\n{ADDRESS.key}\n").kept_out == {"erased": 1}, "a stranger may have asked"
    confirm(conn, again, daily.id, PAGE, NOW)
    assert import_text(conn, world, f"email\n{ADDRESS.key}\n").kept_out == {"unsubscribed": 1}
    subscribe(conn, again, world, FORM, NOW)
    confirm(conn, again, world.id, PAGE, NOW)
    assert import_text(conn, world, f"email\n{ADDRESS.key}\n").unchanged == 1
