"""SMTP: kept connections, and what each reply and each silence says of one reader."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from digest.model.errors import Transient, Unauthorised
from digest.model.mail import Receipt, Recipient
from digest.providers.smtp import FINAL_WAIT, SmtpProvider
from tests.digest.providers.notebook import Notebook
from tests.servers.certificate import Certificate, self_signed
from tests.servers.letters import ENVELOPE, batch, from_bytes, reader, rendered
from tests.servers.smtp_sink import Fault, SmtpSink

both = pytest.mark.parametrize("pipelining", [False, True], ids=["step by step", "pipelined"])


def provider(sink: SmtpSink, **more: object) -> SmtpProvider:
    settings = {"timeout": 10.0, "helo": "digest.example"} | more
    return SmtpProvider(host="127.0.0.1", port=sink.port, **settings)  # type: ignore[arg-type]


def people(count: int) -> list[Recipient]:
    return [reader(number) for number in range(count)]


def send(sink: SmtpSink, count: int = 3, **more: object) -> Receipt:
    sender = provider(sink, **more)
    try:
        return sender.send(batch(people(count)))
    finally:
        sender.close()
        assert sink.complaints == []


def names(receipt: Receipt) -> tuple[set[int], set[int], set[int]]:
    """The numbers of the readers refused, not sent, and unknown."""
    number = {person.delivery: place for place, person in enumerate(people(20))}
    return (
        {number[key] for key in receipt.refused},
        {number[key] for key in receipt.not_sent},
        {number[key] for key in receipt.unknown},
    )


@both
def test_one_connection_carries_many_messages_and_dots_survive(pipelining: bool) -> None:
    with SmtpSink(pipelining=pipelining) as sink:
        send(sink, 20)
        assert [taken.reader for taken in sink.taken] == [person.email for person in people(20)]
        assert {taken.connection for taken in sink.taken} == {1}
        assert {taken.sender for taken in sink.taken} == {"brief@digest.example"}
        assert "\n.\n..dots\n" in from_bytes(sink.taken[0].content).text
        assert sink.commands[-1].upper() == "QUIT"


@both
def test_a_relay_that_drags_is_not_waited_for_longer_than_a_claim_is_believed(pipelining: bool) -> None:
    with SmtpSink(pipelining=pipelining) as sink:
        sender = provider(sink, longest_call=0.0)
        receipt = sender.send(batch(people(5)))
        assert names(receipt) == (set(), {1, 2, 3, 4}, set())
        assert "the relay is slow" in receipt.note
        # An envelope may have gone out ahead: nobody gets anything by it, and the next call begins anew.
        sender.send(batch(people(5)[4:]))
        sender.close()
        assert [taken.reader for taken in sink.taken] == [people(5)[0].email, people(5)[4].email]


@both
def test_a_call_ends_between_two_readers_where_it_is_asked_to(pipelining: bool) -> None:
    answers = iter([True, True, False])
    with SmtpSink(pipelining=pipelining) as sink:
        sender = provider(sink)
        receipt = sender.send_while(batch(people(5)), lambda: next(answers))
        assert names(receipt) == (set(), {3, 4}, set())
        assert receipt.retry_after == 0, "nothing is wrong with the relay"
        sender.send(batch(people(5)[3:]))
        sender.close()
        assert [taken.reader for taken in sink.taken] == [one.email for one in people(5)]


@both
def test_each_reader_is_written_down_before_the_message_and_after_the_answer(pipelining: bool) -> None:
    """Whoever is killed leaves behind who was on the wire."""
    book = Notebook()
    with SmtpSink(pipelining=pipelining, faults=[Fault.NONE, Fault.DATA_REFUSED, Fault.TAKEN_RESET]) as sink:
        sink.before_final = lambda: book.lines.append("the server has it whole")
        sender = provider(sink)
        sender.send_while(batch(people(3)), lambda: True, page=book)
        sender.close()
    first, second, third = (one.delivery for one in people(3))
    assert book.lines == [
        f"{first} begun", "the server has it whole", f"{first} True",
        f"{second} begun", "the server has it whole", f"{second} False",
        f"{third} begun", "the server has it whole", f"{third} None",
    ]  # fmt: skip


def test_the_final_dot_is_waited_for_as_long_as_a_server_may_look_for_viruses() -> None:
    waits: list[float | None] = []
    with SmtpSink() as sink:
        sender = provider(sink)
        sender.send(batch(people(1)))
        # The same connection is used again: what it waits for is asked while the server thinks.
        (kept,) = sender._idle

        def look(until: float) -> None:
            # The server may have the final dot before our side has begun to wait.
            ends = time.monotonic() + 20
            while kept.opened.gettimeout() != until and time.monotonic() < ends:
                time.sleep(0.005)
            waits.append(kept.opened.gettimeout())

        sink.before_final = lambda: look(FINAL_WAIT)
        sender.send_while(batch(people(2)), lambda: True)
        assert waits == [FINAL_WAIT, FINAL_WAIT]
        # A single letter holds up those behind it.
        sink.before_final = lambda: look(10.0)
        sender.send(batch(people(1)))
        assert waits[2:] == [10.0]
        assert sender._idle[0].opened.gettimeout() == 10.0
        sender.close()


@both
def test_a_process_that_ends_leaves_a_doubt_and_waits_for_no_virus_scanner(pipelining: bool) -> None:
    reached = threading.Event()
    with SmtpSink(pipelining=pipelining, faults=[Fault.NONE, Fault.TAKEN_HANG]) as sink:
        sender = provider(sink, parting=0.0)
        sink.before_final = lambda: reached.set() if len(sink.taken) == 2 else None
        receipt = sender.send_while(batch(people(4)), lambda: not reached.is_set(), ending=reached.is_set)
        sender.close()
    assert names(receipt) == (set(), {2, 3}, {1})
    assert "this process had to end" in receipt.note


def test_a_process_that_ends_before_the_final_dot_has_mailed_nobody_and_does_not_try_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sender = SmtpProvider(host="127.0.0.1", port=listener.getsockname()[1], timeout=10.0, parting=0.0)
        ending = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            silent = pool.submit(_greet_and_say_no_more, listener, ending)
            receipt = sender.send_while(batch(people(2)), lambda: not ending.is_set(), ending=ending.is_set)
            assert silent.result() == 1
        sender.close()
    assert names(receipt) == (set(), {0, 1}, set())


def _greet_and_say_no_more(listener: socket.socket, ending: threading.Event) -> int:
    """A server that hangs at MAIL. How often somebody came."""
    listener.settimeout(20)
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as lines:
        connection.sendall(b"220 hanging.example\r\n")
        for line in lines:
            if line.upper().startswith(b"EHLO"):
                connection.sendall(b"250 hanging.example\r\n")
            else:
                ending.set()
    listener.settimeout(0.2)
    try:
        listener.accept()[0].close()
    except TimeoutError:
        return 1
    return 2


def test_bounces_go_to_the_return_path() -> None:
    with SmtpSink() as sink:
        send(sink, return_path="bounce@digest.example")
        assert {taken.sender for taken in sink.taken} == {"bounce@digest.example"}


def test_a_connection_is_kept_from_call_to_call_and_renewed_after_its_share() -> None:
    with SmtpSink() as sink:
        sender = provider(sink, max_per_connection=4)
        for number in range(6):
            sender.send(batch([reader(number)]))
        sender.close()
        assert [taken.connection for taken in sink.taken] == [1, 1, 1, 1, 2, 2]


@both
def test_a_call_changes_the_connection_when_it_has_carried_its_share(pipelining: bool) -> None:
    with SmtpSink(pipelining=pipelining) as sink:
        send(sink, 5, max_per_connection=2)
        assert [taken.connection for taken in sink.taken] == [1, 1, 2, 2, 3]
        assert [from_bytes(taken.content).email for taken in sink.taken] == [one.email for one in people(5)]


def test_the_next_envelope_goes_out_behind_the_message() -> None:
    """A server that answers the final dot only when it has seen the next DATA: one round trip for a message."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        seen = pool.submit(_answer_late, listener, 3)
        sender = SmtpProvider(host="127.0.0.1", port=listener.getsockname()[1], timeout=5, helo="digest.example")
        receipt = sender.send(batch(people(3)))
        sender.close()
        assert names(receipt) == (set(), set(), set())
        assert seen.result() == [one.email for one in people(3)]


def _answer_late(listener: socket.socket, messages: int) -> list[str]:
    line, _ = listener.accept()
    line.settimeout(5)
    readers = []

    def until(ending: bytes) -> bytes:
        read = b""
        while not read.endswith(ending):
            read += line.recv(65_536)
        return read

    with line:
        line.sendall(b"220 late\r\n")
        until(b"\r\n")
        line.sendall(b"250-late\r\n250 PIPELINING\r\n")
        for number in range(messages):
            read = until(b"DATA\r\n")
            assert read.count(b"\r\n.\r\n") == (number > 0)
            readers.append(read.rpartition(b"RCPT TO:<")[2].partition(b">")[0].decode())
            line.sendall((b"250 taken\r\n" if number else b"") + b"250 ok\r\n250 ok\r\n354 go on\r\n")
        until(b"\r\n.\r\n")
        line.sendall(b"250 taken\r\n")
    return readers


@both
def test_a_message_that_broke_off_is_sent_again_at_once_for_nobody_has_it(pipelining: bool) -> None:
    big = rendered(filling="word " * 1_500_000)
    with SmtpSink(pipelining=pipelining, faults=[Fault.NONE, Fault.RESET_IN_BODY]) as sink:
        sender = provider(sink)
        receipt = sender.send(batch(people(3), rendering=big))
        sender.close()
        assert names(receipt) == (set(), set(), set())
        assert [taken.reader for taken in sink.taken] == [one.email for one in people(3)]


def test_after_a_call_that_ended_early_nothing_is_taken_for_the_message_that_was_announced() -> None:
    with SmtpSink(faults=[Fault.NONE, *[Fault.DATA_LATER] * 3]) as sink:
        sender = provider(sink)
        receipt = sender.send(batch(people(8)))
        assert len(receipt.not_sent) == 7
        assert [taken.reader for taken in sink.taken] == [people(1)[0].email]
        later = sender.send(batch(people(8)[1:]))
        assert names(later) == (set(), set(), set())
        sender.close()
        assert [from_bytes(taken.content).email for taken in sink.taken] == [one.email for one in people(8)]
        assert [taken.connection for taken in sink.taken] == [1] + [2] * 7


@both
def test_a_kept_connection_that_the_server_closed_is_renewed(pipelining: bool) -> None:
    with SmtpSink(pipelining=pipelining, faults=[Fault.NONE, Fault.MAIL_CLOSING]) as sink:
        receipt = send(sink, 3)
        assert names(receipt) == (set(), set(), set())
        assert [taken.connection for taken in sink.taken] == [1, 2, 2]


@both
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.MAIL_LATER, (set(), {1}, set())),
        (Fault.DATA_LATER, (set(), {1}, set())),
        (Fault.DATA_REFUSED, ({1}, set(), set())),
        (Fault.DROP_BEFORE_DATA, (set(), set(), set())),
        (Fault.RESET_AFTER_DOT, (set(), set(), {1})),
        (Fault.TAKEN_RESET, (set(), set(), {1})),
        (Fault.TAKEN_HANG, (set(), set(), {1})),
        (Fault.TAKEN_GARBAGE, (set(), set(), {1})),
    ],
)
def test_what_goes_wrong_with_one_reader_leaves_the_others_alone(
    pipelining: bool, fault: Fault, expected: tuple[set[int], set[int], set[int]]
) -> None:
    with SmtpSink(pipelining=pipelining, faults=[Fault.NONE, fault]) as sink:
        receipt = send(sink, 4, timeout=1.0 if fault is Fault.TAKEN_HANG else 10.0)
        assert names(receipt) == expected
        told = {number for group in expected for number in group}
        others = {reader(number).email for number in range(4) if number not in told}
        assert {taken.reader for taken in sink.taken} >= others
        assert len(sink.taken) == len({taken.reader for taken in sink.taken})
        if receipt.not_sent or receipt.unknown:
            assert receipt.note


@both
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("550 5.1.1 nobody here", ({1}, set(), set())),
        ("450 4.2.0 greylisted", (set(), {1}, set())),
        ("251 2.1.5 will forward", (set(), set(), set())),
    ],
)
def test_a_reply_at_rcpt_is_about_that_reader(
    pipelining: bool, reply: str, expected: tuple[set[int], set[int], set[int]]
) -> None:
    with SmtpSink(pipelining=pipelining, replies={reader(1).email: reply}) as sink:
        receipt = send(sink, 3)
        assert names(receipt) == expected
        assert {reader(0).email, reader(2).email} <= {taken.reader for taken in sink.taken}
        assert len({taken.connection for taken in sink.taken}) == 1


def test_a_server_that_opens_data_for_nobody_is_told_to_end_it() -> None:
    """RFC 2920: the 354 may come although the RCPT before it in the same packet was refused."""
    with SmtpSink(replies={reader(1).email: "550 5.1.1 nobody here"}, opens_for_nobody=True) as sink:
        receipt = send(sink, 3)
        assert names(receipt) == ({1}, set(), set())
        assert [taken.reader for taken in sink.taken] == [reader(0).email, reader(2).email]


def test_greylisting_of_everybody_does_not_end_the_call() -> None:
    replies = {reader(number).email: "450 4.2.0 greylisted" for number in range(9)}
    with SmtpSink(replies=replies) as sink:
        assert names(send(sink, 10)) == (set(), set(range(9)), set())


@both
def test_a_relay_that_is_none_for_us_refuses_nobody_for_ever(pipelining: bool) -> None:
    """It says so at RCPT, reader by reader: the whole list would be lost."""
    replies = {reader(0).email: "554 5.7.1 <reader0@inbox.example>: Relay access denied"}
    with SmtpSink(pipelining=pipelining, replies=replies) as sink, pytest.raises(Unauthorised, match="Relay access"):
        send(sink)


def test_a_sender_that_is_refused_pauses() -> None:
    with SmtpSink(sender_reply="550 5.7.1 sender not allowed") as sink, pytest.raises(Unauthorised):
        send(sink)


def test_a_server_that_puts_everything_off_is_left_alone_for_now() -> None:
    with SmtpSink(sender_reply="451 4.3.0 overloaded") as sink:
        with pytest.raises(Transient, match="in a row"):
            send(sink, 20)
        assert sum(command.startswith("MAIL") for command in sink.commands) == 3


def test_when_the_server_goes_away_halfway_the_rest_waits() -> None:
    """Those who were taken are taken; nobody else is touched."""
    with SmtpSink(
        faults=[Fault.NONE, Fault.NONE, Fault.MAIL_CLOSING], greetings=["220 hello", "421 4.3.2 not now"]
    ) as sink:
        receipt = send(sink, 6)
        assert names(receipt) == (set(), {2, 3, 4, 5}, set())
        assert len(sink.taken) == 2
        assert "421" in receipt.note


def test_three_silences_in_a_row_end_the_call() -> None:
    with SmtpSink(faults=[Fault.TAKEN_RESET] * 9) as sink:
        receipt = send(sink, 6)
        assert names(receipt) == (set(), {3, 4, 5}, {0, 1, 2})


def test_a_repeated_try_carries_the_same_message_id_and_bytes() -> None:
    with SmtpSink(faults=[Fault.TAKEN_RESET]) as sink:
        send(sink, 1)
        send(sink, 1)
        first, second = (taken.content for taken in sink.taken)
        assert first == second


def test_who_cannot_be_reached_was_not_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Transient, match="cannot be reached"):
        SmtpProvider(host="127.0.0.1", port=port, timeout=1).send(batch([reader(1)]))


@pytest.mark.parametrize("greeting", ["421 4.3.2 not now", "554 5.3.2 no", "what?"])
def test_a_server_that_does_not_greet_is_a_clear_no(greeting: str) -> None:
    with SmtpSink(greetings=[greeting]) as sink, pytest.raises(Transient):
        send(sink)


def test_logging_in(certificate: Certificate) -> None:
    with SmtpSink(users={"ann": "secret"}, tls=certificate.server) as sink:
        send(sink, security="starttls", username="ann", password="secret", tls_context=certificate.client)
        assert {(taken.user, taken.secure) for taken in sink.taken} == {("ann", True)}


def test_a_login_that_is_refused_pauses_and_tells_no_password() -> None:
    with SmtpSink(users={"ann": "secret"}) as sink, pytest.raises(Unauthorised) as found:
        send(sink, username="ann", password="hunter2")
    assert "hunter2" not in str(found.value)
    assert r"provider.smtp.username" in str(found.value)


def test_a_login_that_cannot_be_checked_now_waits() -> None:
    with SmtpSink(users={"ann": "x"}, login_reply="454 4.7.0 later") as sink, pytest.raises(Transient):
        send(sink, username="ann", password="y")


def test_a_server_that_wants_a_login_pauses() -> None:
    with SmtpSink(users={"ann": "secret"}) as sink, pytest.raises(Unauthorised):
        send(sink)


def test_nothing_is_sent_in_the_clear_where_starttls_is_asked_for() -> None:
    with SmtpSink() as sink, pytest.raises(Unauthorised, match="STARTTLS"):
        send(sink, security="starttls")
    assert sink.taken == []


def test_tls_from_the_first_byte(certificate: Certificate) -> None:
    with SmtpSink(tls=certificate.server, tls_at_once=True) as sink:
        send(sink, security="tls", tls_context=certificate.client)
        assert [taken.secure for taken in sink.taken] == [True] * 3


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_nobody_vouches_for_is_a_clear_no(certificate: Certificate, security: str) -> None:
    with SmtpSink(tls=certificate.server, tls_at_once=security == "tls") as sink:
        with pytest.raises(Transient, match="CERTIFICATE"):
            send(sink, security=security)
        assert sink.taken == []


def test_no_address_is_told() -> None:
    replies = {reader(1).email: "550 5.1.1 <reader1@inbox.example>: unknown"}
    with SmtpSink(replies=replies, faults=[Fault.DATA_REFUSED]) as sink:
        told = str(send(sink))
    assert "unknown" in told
    assert "inbox.example" not in told


def test_an_envelope_that_cannot_be_written_pauses() -> None:
    hopeless = replace(batch(people(2), rendering=rendered()), envelope=replace(ENVELOPE, from_email="no address"))
    with SmtpSink() as sink, pytest.raises(Unauthorised):
        provider(sink, return_path="bounce@digest.example").send(hopeless)
    with SmtpSink() as sink, pytest.raises(Unauthorised, match="return_path"):
        provider(sink, return_path="no address").send(batch(people(1)))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"))


OURS = [
    "554 5.7.1 <unknown[10.0.0.1]>: Client host rejected: Access denied",
    "550 5.1.8 <brief@digest.example>: Sender address rejected: Domain not found",
    "550 5.7.1 Service unavailable; Client host [10.0.0.1] blocked using a list",
    "550 5.7.1 Authentication required",
    "550 5.4.5 Daily user sending quota exceeded.",
    "554 5.2.252 SendAsDenied; brief not allowed to send as news",
    "550 Your account has been disabled, contact support",
    "554 5.2.2 Submission quota exceeded for this account",
    "550 5.1.1 Recipient address rejected: Daily limit reached",
]


@pytest.mark.parametrize("reply", OURS)
def test_what_a_server_says_of_us_at_every_reader_refuses_nobody(reply: str) -> None:
    replies = {person.email: reply for person in people(12)}
    with SmtpSink(replies=replies) as sink, pytest.raises(Unauthorised, match="none of them counts as refused"):
        send(sink, 12)


def test_a_message_that_everybody_refuses_refuses_nobody() -> None:
    with SmtpSink(faults=[Fault.DATA_REFUSED] * 12) as sink, pytest.raises(Unauthorised, match="hardly their addr"):
        send(sink, 12)


def test_a_few_unclear_refusals_wait_until_somebody_was_taken() -> None:
    with SmtpSink(faults=[Fault.DATA_REFUSED] * 2) as sink:
        sender = provider(sink)
        assert names(sender.send(batch(people(2)))) == (set(), {0, 1}, set())
        assert names(sender.send(batch(people(3)))) == (set(), set(), set())
        sender.close()


def test_many_unknown_mailboxes_in_a_row_are_refused_each() -> None:
    replies = {person.email: "550 5.1.1 User unknown" for person in people(12)}
    with SmtpSink(replies=replies) as sink:
        assert names(send(sink, 12)) == (set(range(12)), set(), set())
