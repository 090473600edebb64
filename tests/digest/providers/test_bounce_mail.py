"""What a mail that came back says, whoever wrote it and however it is built."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.errors import BadDocument, Unauthorised
from digest.model.feedback import Feedback, FeedbackKind
from digest.providers.bounce_mail import LARGEST, BounceMail
from digest.providers.bounce_status import judged
from tests.digest.providers.test_verp import LINKS
from tests.servers.bounce_mails import answer, arf, away, dsn, qmail

KEY = LINKS.delivery_key(7, 123)
VERP = f"bounces+{KEY}@digest.example"
HARD, SOFT = FeedbackKind.BOUNCED_HARD, FeedbackKind.BOUNCED_SOFT


def read(mail: bytes) -> Feedback:
    (found,) = BounceMail().parse(mail)
    return found


def test_a_report_says_who_what_when_and_why_without_an_address() -> None:
    found = read(dsn(KEY, said="smtp; 550 5.1.1 <ann@inbox.example>: user unknown"))
    assert (found.kind, found.delivery, found.provider, found.lone) == (HARD, KEY, "bounces", True)
    assert found.at == datetime(2026, 11, 22, 6, 10, tzinfo=UTC), "when our own server took it"
    assert "user unknown" in found.detail
    assert "@" not in found.detail.replace("[address]", "")


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        ("5.1.1", "smtp; 550 no such user", HARD),
        ("5.1.2", "smtp; host not found", HARD),
        ("5.1.10", "smtp; 550 null MX", HARD),
        ("5.2.1", "smtp; 550 mailbox disabled", HARD),
        ("5.0.0", "smtp; 550 User unknown", HARD),
        ("5.5.0", "smtp; 550 The account has been disabled", HARD),
        ("", "smtp; 550-5.1.1 The email account that you tried to reach does not exist", HARD),
        ("5.1.8", "smtp; 550 bad sender's system address", SOFT),
        ("5.2.2", "smtp; 552 mailbox full", SOFT),
        ("5.3.4", "smtp; 552 message too big", SOFT),
        ("5.4.4", "smtp; no route", SOFT),
        ("5.7.1", "smtp; 550 5.7.1 blocked by policy: user unknown to us", SOFT),
        ("5.0.0", "smtp; 554 rejected", SOFT),
        ("4.4.7", "smtp; delivery time expired", SOFT),
        ("", "", SOFT),
    ],
)
def test_hard_or_soft_by_status_code(status: str, said: str, kind: FeedbackKind) -> None:
    assert read(dsn(KEY, status=status, said=said)).kind is kind


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("delayed", FeedbackKind.DEFERRED),
        ("delivered", FeedbackKind.DELIVERED),
        ("relayed", FeedbackKind.ACCEPTED),
        ("expanded", FeedbackKind.ACCEPTED),
        ("failed (really)", HARD),
        ("FAILED", HARD),
        ("vanished", FeedbackKind.OTHER),
    ],
)
def test_what_each_action_says(action: str, kind: FeedbackKind) -> None:
    assert read(dsn(KEY, action=action)).kind is kind


def test_of_several_recipients_the_worst_counts() -> None:
    mail = dsn(KEY, blocks=3).replace(b"Action: failed", b"Action: delivered", 1)
    assert read(mail).kind is HARD


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("abuse", FeedbackKind.COMPLAINED),
        ("fraud", FeedbackKind.COMPLAINED),
        ("opt-out", FeedbackKind.UNSUBSCRIBED),
        ("not-spam", FeedbackKind.OTHER),
        ("", FeedbackKind.OTHER),
    ],
)
def test_complaints(kind: str, expected: FeedbackKind) -> None:
    found = read(arf(KEY, kind=kind))
    assert (found.kind, found.delivery) == (expected, KEY)


@pytest.mark.parametrize(
    "mail",
    [
        dsn("", to=VERP),
        dsn("", to=VERP.upper()),
        dsn(KEY),
        dsn(KEY, returned="text/rfc822-headers"),
        dsn("").replace(b"Return-Path: <>", f"Delivered-To: {VERP}".encode()),
        qmail(KEY),
        # The returned message is cut off by a server that sends no headers of it: the key stands in its words only.
        dsn("").replace(b"I'm sorry", f"Your mail of {VERP} could not go on. I'm sorry".encode()),
    ],
    ids=["to", "loud", "message", "headers", "envelope", "qmail", "words"],
)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["maildir", "imap"])
def test_where_the_key_may_stand(mail: bytes, line_end: bytes) -> None:
    found = read(mail.replace(b"\n", line_end))
    assert LINKS.read_delivery_key(found.delivery) == (7, 123)
    assert found.kind is HARD


def test_the_envelope_is_believed_before_the_message_that_came_back() -> None:
    other = LINKS.delivery_key(9, 9)
    assert read(dsn(other, to=VERP)).delivery == KEY


def test_a_format_from_before_the_standard() -> None:
    assert read(qmail(KEY)).kind is HARD
    assert read(qmail(KEY, "Mailbox is full. (#5.2.2)")).kind is SOFT
    assert read(qmail(KEY, "Something went wrong.")).kind is SOFT, "what is not clear never ends a subscription"


@pytest.mark.parametrize(
    "mail",
    [away(VERP), away(VERP, subject="Abwesenheitsnotiz"), answer(VERP), answer("bounces@digest.example"), b"", b"\n\n"],
    ids=["away", "abwesend", "answer", "answer without a key", "empty", "blank"],
)
def test_answers_of_people_and_machines_say_nothing(mail: bytes) -> None:
    assert read(mail).kind is FeedbackKind.OTHER


def test_a_holiday_notice_is_named_as_one_and_no_format_is_guessed() -> None:
    assert read(away(VERP)).detail == "an automatic reply"


def test_a_nest_is_not_begun_to_be_read() -> None:
    with pytest.raises(BadDocument, match="parts within parts"):
        BounceMail().parse(nested(2000))


def test_a_bounce_that_calls_itself_automatic_is_still_one() -> None:
    assert b"Auto-Submitted: auto-replied" in dsn(KEY)
    assert read(dsn(KEY)).kind is HARD
    assert read(qmail(KEY).replace(b"Subject:", b"Auto-Submitted: auto-replied\nSubject:")).kind is HARD


def test_nothing_can_be_posted_to_it() -> None:
    with pytest.raises(Unauthorised):
        BounceMail().verify({}, b"", datetime(2026, 11, 22, tzinfo=UTC))


def nested(depth: int) -> bytes:
    return b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (number, number) for number in range(depth)
    )


@pytest.mark.parametrize(
    "mail",
    [
        dsn(KEY) + b"x" * 20_000_000,
        dsn(KEY).replace(b"user unknown", b"\xff\xfe\x80 user unknown \xc3"),
        dsn(KEY).replace(b"user unknown", b"user unknown " + b"y" * 100_000),
        dsn(KEY).replace(b"Subject:", b"Subject: =?utf-8?b?////?= =?x-unknown?q?=FF?=\nX-Empty:\nSubject:"),
        dsn(KEY).replace(b"\n", b"\r\n"),
    ],
    ids=["20 MB", "8-bit", "long line", "broken words", "crlf"],
)
def test_ugly_mail_is_read_all_the_same(mail: bytes) -> None:
    started = time.process_time()
    found = read(mail)
    assert (found.kind, found.delivery) == (HARD, KEY)
    assert len(found.detail) <= 500
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "mail",
    [
        nested(2000),
        b"Content-Type: message/rfc822\n\n" * 5000,
        b'Content-Type: multipart/report; boundary="' + b"b" * 100_000 + b'"\n\n',
        b"From: " + b"<" * 200_000 + b"\n\n",
        b"To: " + b"bounces+" * 30_000 + b"\n\n",
        b"Content-Type: message/delivery-status\n\n" + b"Action: failed\n\n" * 15_000,
        b"Subject: " + b"out of the " * 20_000 + b"\n\n",
        b"A: b\n" * 50_000,
    ],
    ids=["deep", "mails in mails", "boundary", "brackets", "plus", "blocks", "subject", "headers"],
)
def test_hostile_mail_ends_soon_and_harms_nobody(mail: bytes) -> None:
    started = time.process_time()
    try:
        found = BounceMail().parse(mail)
    except BadDocument:
        found = ()
    assert all(not one.delivery for one in found)
    assert time.process_time() - started < 5
    assert len(mail) > 50_000
    assert LARGEST < 300_000


@given(st.binary(max_size=2_000) | st.text(max_size=500).map(lambda text: text.encode("utf-8", "replace")))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_an_answer_or_a_bad_document(mail: bytes) -> None:
    try:
        found = BounceMail().parse(mail)
    except BadDocument:
        return
    assert all(one.kind is not HARD for one in found)


@given(
    base=st.sampled_from([dsn(KEY), arf(KEY), qmail(KEY), dsn("", to=VERP)]),
    cut=st.integers(0, 2_000),
    junk=st.binary(max_size=40),
)
@settings(max_examples=150, deadline=None)
def test_a_damaged_report_never_names_another_reader(base: bytes, cut: int, junk: bytes) -> None:
    try:
        found = BounceMail().parse(base[:cut] + junk + base[cut:])
    except BadDocument:
        return
    assert all(LINKS.read_delivery_key(one.delivery) in (None, (7, 123)) for one in found)


def test_the_rule_is_the_same_for_every_format() -> None:
    assert judged("5.1.1", "") is HARD
    assert judged("5.1.7", "user unknown") is SOFT
