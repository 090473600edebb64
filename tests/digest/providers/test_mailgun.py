"""Mailgun: what a call holds, and what each way of ending says, against a server that speaks the documented API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from html import unescape

import pytest

from digest.model.errors import ConfigError, OutcomeUnknown, Permanent, Transient, Unauthorised
from digest.model.mail import Slot
from digest.providers.mailgun import MailgunProvider
from tests.servers.http_door import Reply
from tests.servers.letters import ENVELOPE, HOSTILE_NAMES, TOKENS, batch, reader, rendered
from tests.servers.mailgun_api import DOMAIN, KEY, MailgunServer, form
from tests.servers.sendgrid_api import Fault


@pytest.fixture
def server() -> Iterator[MailgunServer]:
    with MailgunServer() as running:
        yield running


def provider(server: MailgunServer, **more: object) -> MailgunProvider:
    given: dict[str, object] = {"domain": DOMAIN, "api_key": KEY, "base_url": server.url, "timeout": 5.0} | more
    return MailgunProvider(**given)  # type: ignore[arg-type]


def test_one_call_holds_everybody_and_says_who_is_who(server: MailgunServer) -> None:
    sender = provider(server)
    receipt = sender.send(batch([reader(n) for n in range(1000)], chunk="12.3"))
    sender.close()
    (request,) = server.requests
    fields = form(request)
    assert receipt.message_id == f"<call-1@{DOMAIN}>"
    assert len(fields["to"]) == 1000
    assert fields["from"] == ['"The World Brief" <brief@digest.example>']
    assert fields["h:Reply-To"] == ["desk@digest.example"]
    assert fields["o:tag"] == ["world"]
    assert {name: fields[name] for name in ("o:tracking", "o:tracking-clicks", "o:tracking-opens")} == {
        "o:tracking": ["no"], "o:tracking-clicks": ["no"], "o:tracking-opens": ["no"]
    }  # fmt: skip
    assert "o:testmode" not in fields
    assert server.taken[7].custom_args == {"delivery": reader(7).delivery, "chunk": "12.3"}
    table = json.loads(fields["recipient-variables"][0])
    assert set(table[reader(7).email]) == {
        "text_name", "text_unsubscribe", "text_preferences", "text_view", "html_name", "html_unsubscribe",
        "html_preferences", "html_view", "x_list_unsubscribe", "delivery",
    }  # fmt: skip


def test_what_looks_like_a_variable_of_theirs_stays_text(server: MailgunServer) -> None:
    """In a story, in the subject, and in a reader's name: readers see the same words, Mailgun sees no variable."""
    trap = "%recipient.delivery% %unsubscribe_url% 100% %recipient% 5%recipient_name%"
    story = replace(
        rendered(), subject=trap, html=f"<p>{trap} {TOKENS[Slot.NAME]}</p>", text=f"{trap} {TOKENS[Slot.NAME]}"
    )
    person = replace(reader(1), slots=dict.fromkeys(Slot, trap))
    sender = provider(server)
    sender.send(batch([person], rendering=story))
    sender.close()
    (taken,) = server.taken
    assert unescape(taken.html) == f"<p>{trap} {trap}</p>"
    assert taken.text.replace("\u2060", "") == f"{trap} {trap}"
    assert taken.subject.replace("\u2060", "") == trap


def test_the_second_reader_of_an_address_waits_for_another_call(server: MailgunServer) -> None:
    people = [reader(1), reader(2, address="READER1@inbox.example"), reader(3)]
    sender = provider(server)
    receipt = sender.send(batch(people))
    sender.close()
    assert receipt.not_sent == {people[1].delivery}
    assert "once" in receipt.note
    assert [taken.email for taken in server.taken] == [people[0].email, people[2].email]


def test_a_reader_without_a_value_or_a_usable_link_is_refused_alone(server: MailgunServer) -> None:
    holes = {slot: value for slot, value in reader(1).slots.items() if slot is not Slot.PREFERENCES}
    people = [replace(reader(1), slots=holes), replace(reader(2), unsubscribe_url="https://x.example/>, <y"), reader(3)]
    sender = provider(server)
    receipt = sender.send(batch(people))
    sender.close()
    assert receipt.refused.keys() == {people[0].delivery, people[1].delivery}
    assert [taken.email for taken in server.taken] == [reader(3).email]


def test_nobody_left_makes_no_call(server: MailgunServer) -> None:
    receipt = provider(server).send(batch([reader(1, address="no address")]))
    assert receipt.refused.keys() == {reader(1).delivery}
    assert server.requests == []


def test_a_sender_that_nobody_could_write_from_pauses_and_refuses_no_reader(server: MailgunServer) -> None:
    for broken in (
        replace(ENVELOPE, from_email="nobody"),
        replace(ENVELOPE, reply_to="a\r\nBcc: b"),
        replace(ENVELOPE, list_id="x y"),
    ):
        with pytest.raises(Unauthorised, match="no message can be written"):
            provider(server).send(replace(batch([reader(1)]), envelope=broken))
    assert server.requests == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("L’Été – le monde", "L’Été – le monde <brief@digest.example>"),
        ('Été (Paris), "S.A."', "Été Paris S A <brief@digest.example>"),
        ('The "World" Brief', '"The \\"World\\" Brief" <brief@digest.example>'),
        ("", "brief@digest.example"),
        ("Brief\r\nBcc: x@x.example", '"Brief Bcc: x@x.example" <brief@digest.example>'),
    ],
)
def test_the_senders_name(server: MailgunServer, name: str, told: str) -> None:
    sender = provider(server)
    sender.send(replace(batch([reader(1)]), envelope=replace(ENVELOPE, from_name=name)))
    sender.close()
    assert form(server.requests[0])["from"] == [told]


def test_the_test_mode_mails_nobody_and_says_so(server: MailgunServer) -> None:
    sender = provider(server, test_mode=True)
    receipt = sender.send(batch([reader(1)]))
    sender.close()
    assert "mailed to nobody" in receipt.note
    assert server.taken == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(status=200, body="Mailgun Magnificent API"), OutcomeUnknown),
        (Reply(status=400, body={"message": "to parameter is not a valid address."}), Permanent),
        (Reply(status=400, body={"message": "from parameter is not a valid address."}), Unauthorised),
        (Reply(status=400, body={"message": "The domain is unverified and requires DNS configuration."}), Unauthorised),
        (Reply(status=401), Unauthorised),
        (Reply(status=403, body={"message": "Domain x is not allowed to send: Please activate"}), Unauthorised),
        (Reply(status=413), Permanent),
        (Reply(status=420, body={"message": "limit per hour reached"}), Transient),
        (Reply(status=429, headers={"Retry-After": "7"}), Transient),
        (Reply(status=500), OutcomeUnknown),
    ],
)
def test_what_each_answer_says(reply: Reply, error: type[Exception]) -> None:
    with MailgunServer(reply=reply) as server:
        sender = provider(server)
        with pytest.raises(error) as found:
            sender.send(batch([reader(1)]))
        sender.close()
    assert type(found.value) is error


def test_a_rate_limit_says_how_long() -> None:
    with MailgunServer(faults=[Fault.TOO_MANY], headers={"Retry-After": "7"}) as server:
        sender = provider(server)
        with pytest.raises(Transient) as found:
            sender.send(batch([reader(1)]))
        sender.close()
    assert found.value.retry_after == 7.0


def test_a_wrong_key_pauses_and_names_the_next_step(server: MailgunServer) -> None:
    sender = provider(server, api_key="key-wrong")
    with pytest.raises(Unauthorised, match=r"provider\.mailgun\.api_key"):
        sender.send(batch([reader(1)]))
    sender.close()


def test_a_mail_that_is_too_big_never_leaves(server: MailgunServer) -> None:
    with pytest.raises(Permanent, match="25 MB"):
        provider(server).send(batch([reader(1)], rendering=rendered(filling="ж" * 11_000_000)))
    assert server.requests == []


@pytest.mark.parametrize("more", [{"api_key": ""}, {"api_key": "a b"}, {"domain": "a/b"}, {"base_url": "api.mailgun"}])
def test_what_cannot_work_is_refused_at_once(server: MailgunServer, more: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"provider\.mailgun\."):
        provider(server, **more)


def test_its_capabilities(server: MailgunServer) -> None:
    told = provider(server, events=True, concurrency=3).capabilities
    assert (told.idempotent, told.events, told.batch_size, told.concurrency) == (False, True, 1000, 3)


def test_hostile_names_and_half_characters_can_be_written(server: MailgunServer) -> None:
    sender = provider(server)
    people = [reader(n, name) for n, name in enumerate((*HOSTILE_NAMES, "\ud800 half"))]
    assert not sender.send(batch(people)).refused
    sender.close()
    assert len(server.taken) == len(people)
