"""Any order of sign-ups, confirmations, leavings, suppressions, imports and erasures, against a simple model."""

from __future__ import annotations

import io
from contextlib import nullcontext

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from subscribers import consent
from subscribers.address import parse_address
from subscribers.consent import Act
from subscribers.lists import confirm, subscribe, unsubscribe, unsubscribe_everywhere
from subscribers.model import Blocked, OptIn, SuppressionReason
from subscribers.store import add_subscriber, ensure_list, find_subscriber
from subscribers.suppression import gate, lift, suppress
from subscribers.tables import metadata
from subscribers.transfer import erase, import_csv
from tests.subscribers.people import ERASURE_KEY, FORM, FRIDAY, NOW, OPTIONS, PAGE

EMAILS = ("ana@mail.example", "ben@mail.example")
_emails = st.sampled_from(EMAILS)
_lists = st.sampled_from(["world", "daily"])


class Readers(RuleBasedStateMachine):
    """The model: per address and list one word, and per address who said no to everything."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = create_engine("sqlite://", poolclass=StaticPool)
        metadata.create_all(self.engine)
        self.conn = self.engine.connect()
        self.words: dict[tuple[str, str], str] = {}
        self.no_to_all: set[str] = set()
        self.complained: set[str] = set()
        self.erased: set[str] = set()
        # Who may be active only because of their own act since they last left.
        self.left: set[tuple[str, str]] = set()

    @initialize()
    def lists(self) -> None:
        """One list of each kind."""
        self.by_slug = {
            "world": ensure_list(self.conn, "world", "World", OptIn.DOUBLE, NOW),
            "daily": ensure_list(self.conn, "daily", "Daily", OptIn.SINGLE, NOW),
        }

    def _id(self, email: str) -> int | None:
        found = find_subscriber(self.conn, parse_address(email))
        return None if found is None else found.id

    @rule(email=_emails, slug=_lists)
    def sign_up(self, email: str, slug: str) -> None:
        """The reader's own form."""
        reader = add_subscriber(self.conn, parse_address(email), now=NOW)
        subscribe(self.conn, reader.id, self.by_slug[slug], FORM, NOW)
        if slug == "daily":
            self.words[email, slug] = "active"
            self.no_to_all.discard(email)
            self.left.discard((email, slug))
        elif self.words.get((email, slug)) != "active":
            self.words[email, slug] = "pending"

    @rule(email=_emails, slug=_lists)
    def press_confirm(self, email: str, slug: str) -> None:
        """A confirmation link, perhaps an old one."""
        reader = self._id(email)
        if reader is None:
            return
        confirm(self.conn, reader, self.by_slug[slug].id, PAGE, NOW)
        if self.words.get((email, slug)) == "pending":
            self.words[email, slug] = "active"
            self.no_to_all.discard(email)
            self.left.discard((email, slug))

    @rule(email=_emails, slug=_lists)
    def leave(self, email: str, slug: str) -> None:
        """An unsubscribe from one list."""
        reader = self._id(email)
        if reader is not None:
            unsubscribe(self.conn, reader, self.by_slug[slug].id, PAGE, NOW)
            self._end(email, slug)

    @rule(email=_emails)
    def leave_everything(self, email: str) -> None:
        """An unsubscribe from all lists."""
        reader = self._id(email)
        if reader is not None:
            unsubscribe_everywhere(self.conn, reader, PAGE, NOW)
            self.no_to_all.add(email)
            for slug in self.by_slug:
                self._end(email, slug)

    def _end(self, email: str, slug: str) -> None:
        if (email, slug) in self.words:
            self.words[email, slug] = "ended"
            self.left.add((email, slug))

    @rule(email=_emails)
    def complain(self, email: str) -> None:
        """A complaint from the mail provider."""
        suppress(self.conn, email, SuppressionReason.COMPLAINT, now=NOW)
        self.complained.add(email)

    @rule(email=_emails)
    def forgive(self, email: str) -> None:
        """An operator lifts the complaint."""
        lift(self.conn, email, SuppressionReason.COMPLAINT)
        self.complained.discard(email)

    @rule(email=_emails, slug=_lists, state=st.sampled_from(["", "active", "unsubscribed"]))
    def imported(self, email: str, slug: str, state: str) -> None:
        """An operator imports a file that has the address."""
        before = self.words.get((email, slug))
        unknown = self._id(email) is None
        report = import_csv(
            io.BytesIO(f"email,state\n{email},{state}\n".encode()),
            lambda: nullcontext(self.conn),
            self.by_slug[slug],
            now=NOW,
            erasure_key=ERASURE_KEY,
            options=OPTIONS,
        )
        assert report.rows == 1
        assert report.refused == 0
        if unknown and email in self.erased:
            assert report.kept_out == {"erased": 1}
        elif state == "unsubscribed":
            self.words[email, slug] = "ended"
            self.left.add((email, slug))
        elif before is None and not {email} & (self.no_to_all | self.complained):
            assert report.added == 1
            self.words[email, slug] = "active"
        elif before != "active" or {email} & (self.no_to_all | self.complained):
            assert sum(report.kept_out.values()) == 1

    @rule(email=_emails)
    def erased_at_wish(self, email: str) -> None:
        """The reader asks to be forgotten."""
        erase(self.conn, parse_address(email), erasure_key=ERASURE_KEY, now=NOW)
        self.erased.add(email)
        self.no_to_all.discard(email)
        self.complained.discard(email)
        for slug in self.by_slug:
            self.words.pop((email, slug), None)
            self.left.discard((email, slug))

    @invariant()
    def the_gate_agrees_with_the_model(self) -> None:
        """Word for word, for every address and list."""
        for email in EMAILS:
            for slug, mail_list in self.by_slug.items():
                reader = self._id(email)
                word = self.words.get((email, slug))
                if reader is None:
                    assert word is None
                    continue
                answer = gate(self.conn, [reader], mail_list.id, FRIDAY)[reader]
                assert answer == self._expected(email, word)
                if answer is None:
                    assert (email, slug) not in self.left

    def _expected(self, email: str, word: str | None) -> Blocked | None:
        if word is None or word == "ended":
            return Blocked.UNSUBSCRIBED
        if word == "pending":
            return Blocked.PENDING
        return Blocked.SUPPRESSED if email in self.no_to_all | self.complained else None

    @invariant()
    def nobody_is_active_without_consent_on_record(self) -> None:
        """The last act of an active subscription is a yes."""
        for (email, slug), word in self.words.items():
            reader = self._id(email)
            if word == "active" and reader is not None:
                acts = [
                    line.act for line in consent.history(self.conn, reader) if line.list_id == self.by_slug[slug].id
                ]
                assert acts[-1] in (Act.GIVEN, Act.CONFIRMED)

    def teardown(self) -> None:
        """Close the database of this run."""
        self.conn.close()
        self.engine.dispose()


TestReaders = Readers.TestCase
TestReaders.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
