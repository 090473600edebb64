"""An erased reader's address stands nowhere any more: not in bounces, not in posts as they came, not in any table."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select

from digest.model.feedback import BOUNCES
from digest.store import db
from digest.store.audience import StoredAudience
from digest.store.desk_tables import desk_notes
from digest.store.tables import deliveries, feedback, hook_posts, log, mailings
from digest.store.tx import Store
from subscribers import changes, letters
from subscribers.address import parse_address
from subscribers.consent import Basis
from subscribers.limits import AskLimits
from subscribers.lists import enrol, unsubscribe_everywhere
from subscribers.model import LetterKind, SuppressionReason
from subscribers.signup import Applicant, Asker
from subscribers.store import find_subscriber
from subscribers.suppression import suppress
from subscribers.tables import imports, metadata, segments, suppressions

NOW = datetime(2022, 4, 8, 5, 30, tzinfo=UTC)
KEY = b"a key for erasures in tests only"
EMAIL = "Ana+News@mail.example"


def _fill(conn: Connection) -> int:
    """A reader whose address stands wherever it can."""
    audience = StoredAudience(conn)
    world = audience.ensure_list("world", "World", NOW)
    asker = Asker(client="192.0.2.1", limits=AskLimits(), key=KEY, erasure_key=KEY)
    audience.sign_up(world, Applicant(address=parse_address(EMAIL)), asker, basis=Basis(method="form"), now=NOW)
    reader = find_subscriber(conn, parse_address(EMAIL))
    assert reader is not None
    asked = audience.ask_change(reader.id, parse_address("second@mail.example"), erasure_key=KEY, now=NOW)
    assert asked is not None
    audience.queue_letter(LetterKind.ADDRESS, reader.id, address=asked.new_key, change_id=asked.id, now=NOW)
    conn.execute(
        insert(mailings).values(
            edition="world/2022-04-08", list="world", state="sending", planned_at=NOW, count=1, plan_sha256="0" * 64
        )
    )
    mailing = conn.execute(select(mailings.c.id)).scalar_one()
    conn.execute(
        insert(deliveries).values(
            mailing_id=mailing, seq=0, subscriber_id=reader.id, status="bounced", note=f"550 <{EMAIL}> unknown"
        )
    )
    conn.execute(
        insert(feedback).values(
            event_key="k",
            provider="sendgrid",
            kind="bounced_hard",
            at=NOW,
            received_at=NOW,
            mailing_id=mailing,
            seq=0,
            detail=f"550 5.1.1 <{EMAIL}>: no such user",
            url="https://x.example/?u=ana",
        )
    )
    bodies = (
        b'[{"email":"ana+news@mail.example","event":"bounce"},{"email":"ben@mail.example"}]',
        b"email=Ana%2BNews%40mail.example&x=\xff",
        b'[{"email":"ben@mail.example"}]',
    )
    conn.execute(insert(hook_posts), [{"provider": "sendgrid", "received_at": NOW, "body": body} for body in bodies])
    return reader.id


def test_nothing_of_an_erased_reader_stays(store: Store) -> None:
    with db.write(store.engine) as conn:
        reader = _fill(conn)
        assert StoredAudience(conn).erase(reader, erasure_key=KEY, now=NOW)
    with db.read(store.engine) as conn:
        for table in metadata.sorted_tables:
            for row in conn.execute(select(table)):
                shown = " ".join(str(value).lower() for value in row)
                assert "ana" not in shown, table.name
                assert "second@" not in shown, table.name
        kept = conn.execute(select(hook_posts.c.body).order_by(hook_posts.c.id)).scalars().all()
    assert kept[0] == b'[{"email":"erased","event":"bounce"},{"email":"ben@mail.example"}]'
    assert kept[1] == b"email=erased&x=\xff"
    assert kept[2] == b'[{"email":"ben@mail.example"}]'


def _bounce(original: bytes, encoding: str) -> bytes:
    quoted = base64.encodebytes(original) if encoding == "base64" else original.replace(b"@", b"=40")
    head = f"Content-Type: text/plain\nContent-Transfer-Encoding: {encoding}\n\n".encode()
    return (
        b"From: mailer@relay.example\nSubject: failed\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/report; boundary="b"\n\n--b\nContent-Type: text/plain\n\nIt failed.\n--b\n'
        + head
        + quoted
        + b"\n--b--\n"
    )


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_a_bounce_that_quotes_the_address_in_disguise_goes_whole(store: Store, encoding: str) -> None:
    mine = _bounce(f"To: {EMAIL}\nSubject: The World".encode(), encoding)
    others = _bounce(b"To: ben@mail.example\nSubject: The World", encoding)
    assert EMAIL.encode() not in mine
    with db.write(store.engine) as conn:
        reader = _fill(conn)
        rows = [{"provider": BOUNCES, "received_at": NOW, "body": body} for body in (mine, others)]
        conn.execute(insert(hook_posts), rows)
        StoredAudience(conn).erase(reader, erasure_key=KEY, now=NOW)
        bodies = conn.execute(select(hook_posts.c.body).order_by(hook_posts.c.id)).scalars().all()
    assert bodies[-2:] == [b"erased", others]


def test_the_log_keeps_what_was_done_and_not_to_whom(store: Store) -> None:
    with store.begin() as tx:
        reader = _fill(tx.connection)
        tx.log("reader.looked_at", "ANA+news@mail.example", by="Ada", now=NOW, detail=f"asked for {EMAIL} by phone")
        tx.log("reader.looked_at", "Xana+news@mail.example2", by="Ada", now=NOW, detail="100% of a_b")
        tx.audience.erase(reader, erasure_key=KEY, now=NOW)
        lines = tx.connection.execute(select(log.c.subject, log.c.detail, log.c.by).order_by(log.c.id)).all()
    assert tuple(lines[0]) == ("erased", "asked for erased by phone", "Ada")
    assert tuple(lines[1])[:2] == ("Xana+news@mail.example2", "100% of a_b")


def test_what_people_of_the_desk_wrote_names_the_address_no_more(store: Store) -> None:
    with store.begin() as tx:
        conn = tx.connection
        reader = _fill(conn)
        world = tx.audience.list_of("world")
        written = f"asked by {EMAIL.upper()}, not by x{EMAIL}"
        conn.execute(insert(desk_notes).values(newsletter="world", edition="", text=written, by="Ada", at=NOW))
        suppress(conn, "ben@mail.example", SuppressionReason.MANUAL, now=NOW, note=f"husband of {EMAIL}")
        tree = {"attribute": "friend", "is": "=", "value": EMAIL}
        conn.execute(
            insert(segments).values(list_id=world.id, slug="one", name=f"Like {EMAIL}", tree=tree, updated_at=NOW)
        )
        tx.audience.erase(reader, erasure_key=KEY, now=NOW)
        assert conn.scalar(select(desk_notes.c.text)) == f"asked by erased, not by x{EMAIL}"
        assert conn.scalar(select(suppressions.c.note).where(suppressions.c.note != "")) == "husband of erased"
        found = conn.execute(select(segments.c.name, segments.c.tree)).one()
        assert tuple(found) == ("Like erased", {"attribute": "friend", "is": "=", "value": "erased"})


def test_an_erasure_is_done_once(store: Store) -> None:
    with db.write(store.engine) as conn:
        reader = _fill(conn)
        audience = StoredAudience(conn)
        assert audience.erase(reader, erasure_key=KEY, now=NOW)
        assert not audience.erase(reader, erasure_key=KEY, now=NOW)
        assert not audience.erase(reader + 9, erasure_key=KEY, now=NOW)
        assert audience.everything_about(reader) is None


def test_the_address_before_a_change_goes_too(store: Store) -> None:
    with db.write(store.engine) as conn:
        reader = _fill(conn)
        change = changes.ask_change(conn, reader, parse_address("third@mail.example"), NOW, erasure_key=KEY)
        assert change is not None
        changes.confirm_change(conn, change.id, reader, NOW)
        StoredAudience(conn).erase(reader, erasure_key=KEY, now=NOW)
        bodies = conn.execute(select(hook_posts.c.body)).scalars().all()
        assert not any(b"ana" in body.lower() for body in bodies)


def test_a_reader_sees_everything_about_themselves(store: Store) -> None:
    with db.write(store.engine) as conn:
        reader = _fill(conn)
        world = StoredAudience(conn).list_of("world")
        enrol(conn, reader, world.id, Basis(method="operator", evidence="a card"), NOW)
        unsubscribe_everywhere(conn, reader, Basis(method="page"), NOW)
        known = StoredAudience(conn).everything_about(reader)
    assert known is not None
    assert known["email"] == EMAIL
    assert [one["state"] for one in known["subscriptions"]] == ["ended"]
    assert [one["act"] for one in known["consents"]] == ["asked", "withdrawn"]
    assert known["suppressions"][0]["list"] == "all"
    assert known["mailings"] == [{"edition": "world/2022-04-08", "status": "bounced", "at": ""}]


def test_what_is_over_is_forgotten(store: Store) -> None:
    with db.write(store.engine) as conn:
        _fill(conn)
        audience = StoredAudience(conn)
        (first, *_) = letters.claim(conn, owner="t", now=NOW, lease_until=NOW)
        assert audience.letter_sent(first.id, owner="t", now=NOW)
        gone = audience.tidy(NOW.replace(month=6), erasure_key=KEY)
        assert gone == {"unconfirmed": 1, "doubtful letters": 0, "letters": 0, "asks": 1, "changes": 0, "imports": 0}


def test_imports_that_came_to_rest_are_forgotten_after_a_while(store: Store) -> None:
    with store.begin() as tx:
        mail_list = tx.audience.ensure_list("world", "World", NOW)
        for state in ("done", "running"):
            tx.connection.execute(
                insert(imports).values(
                    list_id=mail_list.id, file_name="readers.csv", sha256="0" * 64, size=1, options={}, dry_run=False,
                    state=state, created_at=NOW, updated_at=NOW, tally={},
                )
            )  # fmt: skip
    with store.begin() as tx:
        assert tx.audience.tidy(NOW + timedelta(days=89), erasure_key=KEY)["imports"] == 0
        assert tx.audience.tidy(NOW + timedelta(days=91), erasure_key=KEY)["imports"] == 1, "the running one stays"
