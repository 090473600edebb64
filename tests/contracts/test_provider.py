"""The contract of `ports.Provider`: one suite, run on every adapter."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from html import escape
from itertools import chain, repeat
from pathlib import Path

import pytest

from digest.model.errors import OutcomeUnknown, Permanent, Transient
from digest.model.mail import Receipt, Recipient, Rendered, Slot
from digest.ports import Provider
from digest.render.slots import OF_EVERY_MAIL
from digest.render.typeset import one_line
from tests.contracts.outsides import ALL, REMOTE, Build, Trouble
from tests.servers.letters import HOSTILE_NAMES, Letter, batch, reader, rendered

every = pytest.mark.parametrize("build", ALL.values(), ids=ALL)
remote = pytest.mark.parametrize("build", REMOTE.values(), ids=REMOTE)

NOBODY: frozenset[str] = frozenset()


def readers(count: int) -> list[Recipient]:
    return [reader(number, f"Reader {number}") for number in range(count)]


def by_delivery(letters: list[Letter]) -> dict[str, Letter]:
    found = {letter.delivery: letter for letter in letters}
    assert len(found) == len(letters), "somebody was mailed twice"
    return found


def send(provider: Provider, people: list[Recipient]) -> list[Receipt]:
    """Everybody, in as many calls as the provider needs."""
    most = provider.capabilities.batch_size
    return [
        provider.send(batch(people[start : start + most], chunk=f"{start}.1")) for start in range(0, len(people), most)
    ]


@every
def test_every_reader_gets_one_letter_of_their_own(build: Build, tmp_path: Path) -> None:
    people = readers(30)
    with build(tmp_path, (), NOBODY) as outside:
        receipts = send(outside.provider, people)
        letters = by_delivery(outside.letters())
    assert not any(receipt.refused or receipt.not_sent or receipt.unknown for receipt in receipts)
    assert letters.keys() == {person.delivery for person in people}
    for person in people:
        letter = letters[person.delivery]
        assert letter.email == person.email
        assert letter.subject == rendered().subject
        for slot in OF_EVERY_MAIL:
            assert person.slots[slot] in letter.text
            assert escape(person.slots[slot]) in letter.html
        others = {other.slots[Slot.UNSUBSCRIBE] for other in people} - {person.slots[Slot.UNSUBSCRIBE]}
        assert not any(link in letter.text for link in others)


@every
def test_one_click_headers_are_there_and_the_readers_own(build: Build, tmp_path: Path) -> None:
    with build(tmp_path, (), NOBODY) as outside:
        outside.provider.send(batch(readers(3)))
        letters = by_delivery(outside.letters())
    for person in readers(3):
        headers = letters[person.delivery].headers
        assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
        assert headers["list-unsubscribe"].startswith(f"<{person.unsubscribe_url}>")
        assert "<mailto:leave@digest.example" in headers["list-unsubscribe"]
        assert headers["list-id"].endswith("<world.digest.example>")


@every
def test_a_letter_is_no_list_mail(build: Build, tmp_path: Path) -> None:
    person = replace(reader(1, ""), unsubscribe_url="")
    plain = batch([person])
    with build(tmp_path, (), NOBODY) as outside:
        outside.provider.send(replace(plain, envelope=replace(plain.envelope, letter=True)))
        (letter,) = outside.letters()
    assert [name for name in letter.headers if name.startswith("list-")] == []
    assert letter.headers["auto-submitted"] == "auto-generated"


@every
def test_a_hostile_name_stays_a_name(build: Build, tmp_path: Path) -> None:
    people = [reader(number, name) for number, name in enumerate(HOSTILE_NAMES)]
    with build(tmp_path, (), NOBODY) as outside:
        receipts = send(outside.provider, people)
        letters = by_delivery(outside.letters())
    assert not any(receipt.refused for receipt in receipts)
    assert len(letters) == len(people)
    for person in people:
        letter = letters[person.delivery]
        greeting = one_line(person.slots[Slot.NAME])
        assert f'<p title="{escape(greeting)}">{escape(greeting)} Kyjiw' in letter.html
        assert letter.text.startswith(f"{greeting} Kyjiw — 基輔\n.\n..dots\n")
        assert "bcc" not in letter.headers
        assert letter.email == person.email


@every
def test_a_text_only_variant_has_no_html(build: Build, tmp_path: Path) -> None:
    with build(tmp_path, (), NOBODY) as outside:
        outside.provider.send(batch(readers(1), rendering=rendered(text_only=True)))
        (letter,) = outside.letters()
    assert letter.html == ""
    assert "基輔" in letter.text


@every
def test_sending_again_does_what_the_capabilities_say(build: Build, tmp_path: Path) -> None:
    with build(tmp_path, (), NOBODY) as outside:
        for attempt in (1, 2):
            outside.provider.send(batch(readers(4), chunk=f"7.{attempt}"))
        counts = Counter(letter.delivery for letter in outside.letters())
        copies = 1 if outside.provider.capabilities.idempotent else 2
    assert counts == {person.delivery: copies for person in readers(4)}


@every
def test_a_call_that_is_too_big_is_refused_whole(build: Build, tmp_path: Path) -> None:
    with build(tmp_path, (), NOBODY) as outside:
        most = outside.provider.capabilities.batch_size
        with pytest.raises(Permanent):
            outside.provider.send(batch(readers(most + 1)))
        assert outside.letters() == []


@every
def test_nobody_is_nobody(build: Build, tmp_path: Path) -> None:
    with build(tmp_path, (), NOBODY) as outside:
        receipt = outside.provider.send(batch([]))
        assert not receipt.refused
        assert outside.letters() == []


@every
def test_several_calls_at_once(build: Build, tmp_path: Path) -> None:
    people = readers(120)
    with build(tmp_path, (), NOBODY) as outside:
        parts = [batch(people[start : start + 10], chunk=f"{start}.1") for start in range(0, 120, 10)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(outside.provider.send, parts))
        assert by_delivery(outside.letters()).keys() == {person.delivery for person in people}


@every
def test_close_may_be_called_twice_and_is_no_end(build: Build, tmp_path: Path) -> None:
    with build(tmp_path, (), NOBODY) as outside:
        outside.provider.send(batch(readers(2)))
        outside.provider.close()
        outside.provider.close()
        outside.provider.send(batch([reader(7)], chunk="8.1"))
        assert len(outside.letters()) == 3


@every
@pytest.mark.parametrize("address", ["x> RCPT TO:<victim@inbox.example", "ann@bücher.example", "no address"])
def test_an_address_that_cannot_be_written_is_refused_alone(build: Build, address: str, tmp_path: Path) -> None:
    bad = reader(1, address=address)
    with build(tmp_path, (), NOBODY) as outside:
        receipt = outside.provider.send(batch([reader(0), bad, reader(2)]))
        assert receipt.refused.keys() == {bad.delivery}
        assert by_delivery(outside.letters()).keys() == {reader(0).delivery, reader(2).delivery}


@remote
@pytest.mark.parametrize(
    ("trouble", "length"),
    [(Trouble.LATER, 10), (Trouble.GONE, 600_000)],  # a big one: its loss is noticed while it is being written
)
def test_a_clear_no_is_told_as_one(build: Build, trouble: Trouble, length: int, tmp_path: Path) -> None:
    with build(tmp_path, repeat(trouble, 2), NOBODY) as outside:
        fates = settle(outside.provider, (reader(0),), rendered(filling="a long line " * length))
        assert fates.later == {reader(0).delivery}
        assert outside.letters() == []


@remote
@pytest.mark.parametrize("trouble", [Trouble.LOST_ANSWER, Trouble.NO_ANSWER, Trouble.LOST_QUESTION])
def test_no_answer_is_a_doubt(build: Build, trouble: Trouble, tmp_path: Path) -> None:
    with build(tmp_path, [trouble], NOBODY) as outside:
        fates = settle(outside.provider, (reader(0),))
        assert fates.unknown == {reader(0).delivery}
        assert len(outside.letters()) == (trouble is not Trouble.LOST_QUESTION)


@remote
def test_a_refused_address_is_found_and_the_others_get_their_mail(build: Build, tmp_path: Path) -> None:
    people = readers(9)
    with build(tmp_path, (), frozenset({people[4].email})) as outside:
        fates = settle(outside.provider, tuple(people))
        assert fates.refused == {people[4].delivery}
        letters = by_delivery(outside.letters())
        assert letters.keys() == fates.taken == {person.delivery for person in people} - fates.refused


@remote
@pytest.mark.parametrize("seed", range(4))
def test_what_is_told_is_true_whatever_goes_wrong(build: Build, seed: int, tmp_path: Path) -> None:
    """Taken = one letter, refused or not sent = none, unknown = one or none; nobody is ever mailed twice."""
    people = readers(60)
    refused = frozenset({people[13].email, people[44].email})
    with build(tmp_path, dice(seed), refused) as outside:
        fates = Fates()
        waiting = [tuple(people[start : start + 10]) for start in range(0, 60, 10)]
        for _ in range(60):
            if not waiting:
                break
            found = settle(outside.provider, waiting.pop(0))
            fates.add(found)
            left = tuple(person for person in people if person.delivery in found.later)
            waiting += [left] if left else []
        letters = by_delivery(outside.letters())
    assert not waiting
    assert fates.refused <= {people[13].delivery, people[44].delivery}
    assert fates.taken <= letters.keys() <= fates.taken | fates.unknown
    assert fates.taken | fates.unknown | fates.refused == {person.delivery for person in people}


def dice(seed: int) -> Iterator[Trouble | None]:
    """A fifth of the calls are faulty; hanging is left out, for it takes time and is tested above."""
    kinds = [trouble for trouble in Trouble if trouble is not Trouble.NO_ANSWER]
    rolls = random.Random(seed)
    return chain.from_iterable([rolls.choice(kinds)] if rolls.random() < 0.2 else [None] for _ in repeat(None))


@dataclass(slots=True)
class Fates:
    """What a provider said of each reader, by delivery key."""

    taken: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    def add(self, more: Fates) -> None:
        self.taken |= more.taken
        self.refused |= more.refused
        self.unknown |= more.unknown


def settle(provider: Provider, people: tuple[Recipient, ...], rendering: Rendered | None = None) -> Fates:
    """One call as the sender makes it: every way it can end; halved where it is refused whole."""
    fates = Fates()
    keys = {person.delivery for person in people}
    # A chunk's key never comes back with other readers in it.
    chunk = f"{people[0].delivery}-{len(people)}-{people[-1].delivery}.1"
    try:
        receipt = provider.send(batch(people, chunk=chunk, rendering=rendering))
    except Transient:
        fates.later = keys
    except OutcomeUnknown:
        fates.unknown = keys
    except Permanent:
        if len(people) == 1:
            fates.refused = keys
        else:
            for half in (people[: len(people) // 2], people[len(people) // 2 :]):
                found = settle(provider, half, rendering)
                fates.add(found)
                fates.later |= found.later
    else:
        fates.refused, fates.later, fates.unknown = set(receipt.refused), set(receipt.not_sent), set(receipt.unknown)
        fates.taken = keys - fates.refused - fates.later - fates.unknown
    return fates
