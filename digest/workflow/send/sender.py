"""The sender: threads that drain one mailing, chunk by chunk. No transaction is open across the network."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from contextvars import copy_context
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from structlog.contextvars import bound_contextvars

from digest.model.counted import counted
from digest.model.delivery import Addressee, Chunk, Mailing, MailingState
from digest.model.edition import EditionId
from digest.model.errors import (
    AdapterError,
    DigestError,
    Lost,
    OutcomeUnknown,
    Permanent,
    Transient,
    Unauthorised,
)
from digest.model.mail import Batch, Receipt
from digest.model.newsletter import Newsletter
from digest.model.throttle import CallResult
from digest.ports import App, Recalling, Stepwise, Tx
from digest.workflow.belief import doubted
from digest.workflow.send.batches import Batches
from digest.workflow.send.canary import judge
from digest.workflow.send.counting import SentCounts
from digest.workflow.send.doubts import recall
from digest.workflow.send.gate import through_the_gate
from digest.workflow.send.outcomes import doubt, give_back, halve, record
from digest.workflow.send.patience import asking, written
from digest.workflow.send.refusals import BOUND, HARDLY_THEM, Refusals, hopeless, nearly_everybody, take_back
from digest.workflow.send.routes import Claimed, Route

LEASE = timedelta(minutes=10)
"""How long a claim is believed: any call's own deadline, and as much again as two clocks may be apart."""
PATIENCE = timedelta(seconds=90)
"""How long one `send` waits for chunks that the provider put off, before it leaves them to the next sweep."""
BELIEVED_FOR = timedelta(minutes=2)
"""So long nobody asks again whether the clock is believed."""
GLANCE = 0.5
"""Seconds between two looks whether a waiting mailing was stopped."""
MEETINGS, MEETING = 3, 0.02
"""How often a thread looks again, after so many seconds, where something is due and nothing to be had."""


class Sender:
    """What the threads of one `send` share, behind one lock."""

    def __init__(self, app: App, newsletter: Newsletter, edition: EditionId, mailing: Mailing) -> None:
        self._app = app
        self._newsletter = newsletter
        self._edition = edition
        self._mailing = mailing
        self._route = Route(app, newsletter)
        self._batches = Batches(app, newsletter, edition, mailing)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._leaving = threading.Event()
        self._task = f"send {edition}"
        self._rest: datetime | None = None
        self._idle = True
        self._refusals = Refusals()
        self._disbelieved = False
        self._counts = SentCounts(app)
        self._asking = threading.Lock()
        self._believed_at = app.clock()
        self.calls = 0
        self.problem = ""
        self.put_off = ""

    def run(self) -> None:
        """Until nothing is due any more, the mailing is stopped, or the provider refuses us."""
        with self._app.read() as tx:
            waiting = tx.ledger.waiting(self._mailing.id)
            self._refusals.begin(tx, self._mailing)
            due = self._is_due(tx, self._app.clock())
        self._app.progress.start(self._task, waiting)
        give_up = self._app.clock() + PATIENCE
        while True:
            self._rest, self._idle = None, True
            if due:
                self._drain_by_threads()
            self._counts.add(at_once=True)
            if self._ending() or not self._wait(give_up):
                break
            due = True
        with self._app.read() as tx:
            hardly_them = nearly_everybody(tx, self._mailing)
        if hardly_them:
            self._pause(f"nearly everybody was refused: {HARDLY_THEM}", disbelieved=True)
        self._disbelieve()
        self._app.progress.finish(self._task, self.problem or counted(self.calls, "call"))

    def _drain_by_threads(self) -> None:
        threads = self._route.concurrency
        with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="send") as pool:
            drains = [pool.submit(copy_context().run, self._drain) for _ in range(threads)]
            try:
                for drain in drains:
                    drain.result()
            except BaseException:
                # Also Ctrl-C: the calls in flight are finished and recorded, no new one is made.
                self._stopping.set()
                self._leaving.set()
                raise

    @property
    def taken(self) -> int:
        """Readers whom a provider took from this sender."""
        return self._counts.taken

    def waiting_until(self, tx: Tx, now: datetime) -> datetime | None:
        """When there will be something to do again, or None where no reader waits."""
        mailing = tx.ledger.mailing_by_id(self._mailing.id)
        due = tx.ledger.next_due(self._mailing.id, now=now)
        if due is None and mailing is not None:
            due = judge(self._app, tx, self._newsletter, mailing, now)
        return None if due is None else self._at(due)

    def _at(self, due: datetime) -> datetime:
        """When what is due then can go: not while its provider is left in peace."""
        return due if self._rest is None else max(due, self._rest)

    def _wait(self, give_up: datetime) -> bool:
        """True after a pause, where there is something to do again within our patience."""
        now = self._app.clock()
        with self._app.begin() as tx:
            waiting = tx.ledger.next_due(self._mailing.id, now=now)
            due = self._at(waiting) if waiting is not None else self.waiting_until(tx, now)
        if due is None or due > give_up or not self._still_on():
            return False
        if waiting is not None and due <= now and self._idle:
            # What is due is for a provider that is left in peace: the next sweep looks again.
            return False
        while now < due and self._still_on() and not self._ending():
            self._app.wait(max(0.05, min(GLANCE, (due - now).total_seconds())))
            now = self._app.clock()
        return True

    def _disbelieve(self) -> None:
        """No call of ours is under way any more: whom it refused after the mailing was paused for it is ready again."""
        with self._app.read() as tx:
            found = tx.ledger.mailing_by_id(self._mailing.id)
        if self._disbelieved or (found is not None and HARDLY_THEM in found.reason):
            with self._app.begin() as tx:
                take_back(tx, self._mailing.id, self._app.clock())

    def _ending(self) -> bool:
        return self._stopping.is_set() or self._app.stopping()

    def _process_ends(self) -> bool:
        """Not only this mailing: whatever may take minutes is not waited for."""
        return self._leaving.is_set() or self._app.stopping()

    def _still_on(self) -> bool:
        with self._app.read() as tx:
            mailing = tx.ledger.mailing_by_id(self._mailing.id)
        return mailing is not None and mailing.state is MailingState.SENDING

    def _drain(self) -> None:
        halved: tuple[int, int] | None = None
        met = 0
        while not self._ending():
            now = self._app.clock()
            if not self._believes(now):
                return
            with self._route.turn, self._app.begin() as tx:
                claimed = self._route.claim(tx, self._mailing, now=now, lease_until=now + LEASE, among=halved)
                if claimed is None and halved is not None:
                    halved = None
                    continue
                if isinstance(claimed, Claimed):
                    self._idle = False
                    readers = self._through_the_gate(tx, claimed.chunk)
                    list_id = tx.audience.list_of(self._mailing.list).id
                elif met >= MEETINGS or not self._is_due(tx, now):
                    self._rest = claimed
                    return
            if not isinstance(claimed, Claimed):
                # Somebody holds the row and cuts it: the rest of it is there in a moment.
                met += 1
                self._stopping.wait(MEETING)
                continue
            met = 0
            with bound_contextvars(chunk=claimed.chunk.id, attempt=claimed.chunk.attempt):
                refused = self._call(claimed, readers, list_id)
            # Its halves first: so a fault that is nobody's address shows after a few calls, and not after all of them.
            halved = (claimed.chunk.first_seq, claimed.chunk.last_seq) if refused and len(readers) > 1 else None
            self._app.progress.advance(self._task, claimed.chunk.size)
            self._counts.add()

    def _believes(self, now: datetime) -> bool:
        """False where the clock has jumped since the start: by it the waves of other hours would be due.

        The clock asks before it begins to send. While that lasts, it is asked again when minutes have passed.
        """
        with self._asking:
            if abs(now - self._believed_at) < BELIEVED_FOR:
                return True
            if why := doubted(self._app):
                self.problem = f"the clock is not believed: {why}"
                self._stopping.set()
                return False
            self._believed_at = now
        return True

    def _is_due(self, tx: Tx, now: datetime) -> bool:
        due = tx.ledger.next_due(self._mailing.id, now=now)
        return due is not None and due <= now

    def _through_the_gate(self, tx: Tx, chunk: Chunk) -> Sequence[Addressee]:
        """Who of the chunk may be mailed now; the others are skipped, with the reason (P3)."""
        return through_the_gate(tx, self._newsletter, self._edition, self._mailing, chunk, self._app.clock())

    def _call(self, claimed: Claimed, readers: Sequence[Addressee], list_id: int) -> bool:
        """One call, and what became of it. True where it was refused as it stood."""
        chunk = claimed.chunk
        try:
            reservation, send_at = self._reserved(claimed) if readers else ("", None)
            if reservation:
                # The provider took its time to give a name: whoever has left meanwhile is not mailed.
                with self._app.begin() as tx:
                    readers = self._through_the_gate(tx, chunk)
            if not readers:
                record(self._app, self._mailing, chunk, {}, Receipt())
                self._route.refund(claimed, chunk.size)
                return False
            keys = self._batches.keys(readers)
            batch = self._batches.build(chunk, readers, list(keys), list_id, reservation=reservation, send_at=send_at)
        except Lost:
            # Its lease ran out before the call: whoever took it for dead has written down what becomes of it.
            return False
        except AdapterError as error:
            # Only the name for the call was asked for: nobody can have been taken.
            self._not_taken(claimed, error)
            return False
        except DigestError as error:
            # Nothing was sent: the chunk goes back, and the mailing stops for a person to look.
            give_back(self._app, chunk, str(error), None)
            self._route.refund(claimed, chunk.size)
            self._pause(f"chunk {chunk.id} cannot be built: {error}")
            return False
        if not self._may_call(chunk):
            # Stopped while the call was being built (P6), or asleep for so long that it is another one's by now.
            give_back(self._app, chunk, "stopped before its call", None, at_once=True)
            self._route.refund(claimed, chunk.size)
            return False
        with self._lock:
            self.calls += 1
        refused = self._tried(claimed, readers, keys, batch)
        if self._app.journal:
            # The ledger has it by now; where that failed, the page is what is left of the call.
            self._app.journal.forget(chunk)
        return refused

    def _tried(self, claimed: Claimed, readers: Sequence[Addressee], keys: Mapping[str, int], batch: Batch) -> bool:
        """The call itself, and what became of it, committed. True where it was refused as it stood."""
        chunk = claimed.chunk
        try:
            receipt = self._handed_over(claimed, batch, keys)
        except Lost:
            # Taken for dead before its first byte: whoever did so has written down what becomes of it.
            return False
        except (Transient, Unauthorised) as error:
            self._counts.became(claimed.name, CallResult.NOT_TAKEN, len(readers))
            self._not_taken(claimed, error)
        except Permanent as error:
            # One alone is refused; of several nobody knows yet whom it means.
            self._counts.became(
                claimed.name, CallResult.REFUSED if len(readers) == 1 else CallResult.NOT_TAKEN, len(readers)
            )
            written(partial(self._answered, claimed))
            return self._refused(claimed, readers, error)
        except OutcomeUnknown as error:
            self._counts.became(claimed.name, CallResult.IN_DOUBT, len(readers))
            self._in_doubt(claimed, error, batch)
        except Exception as error:  # noqa: BLE001 - a defect in an adapter: somebody may have been mailed
            self._counts.became(claimed.name, CallResult.IN_DOUBT, len(readers))
            written(partial(doubt, self._app, chunk, f"{type(error).__name__} in the {claimed.name} provider"))
            # Only its kind: the words of an error that nobody foresaw may be a reader's address (P10).
            self._pause(f"the {claimed.name} provider failed in a way it should not: {type(error).__name__}")
        else:
            written(partial(self._answered, claimed))
            self._record(claimed, keys, receipt)
        return False

    def _handed_over(self, claimed: Claimed, batch: Batch, keys: Mapping[str, int]) -> Receipt:
        """The provider's word for it. Raises what `Provider.send` raises, and Lost."""
        provider, journal = claimed.provider, self._app.journal
        if not isinstance(provider, Stepwise):
            return provider.send(batch)
        began, going_on = time.monotonic(), asking(self._still_on, ending=self._ending)
        try:
            with journal.page(claimed.chunk, keys) if journal else nullcontext() as page:
                receipt = provider.send_while(batch, going_on, ending=self._process_ends, page=page)
        except AdapterError:
            self._route.strides.forget(claimed.name)
            raise
        mailed = len(batch.recipients) - len(receipt.not_sent)
        self._route.strides.took(claimed.name, mailed, time.monotonic() - began)
        return receipt

    def _refused(self, claimed: Claimed, readers: Sequence[Addressee], error: Permanent) -> bool:
        """Nobody was taken, and this call never will be. True where it was halved."""
        chunk = claimed.chunk
        if chunk.doubts and claimed.provider.capabilities.idempotent:
            # An earlier try may have been taken, and a part of the call would be another one to the provider.
            doubt(self._app, chunk, f"repeated, and refused: {error}")
            return False
        written(partial(self._route.refund, claimed, chunk.size))
        if written(partial(halve, self._app, chunk, readers, str(error))):
            return True
        # Or over many sweeps: one and the same reader again and again. Tries that were put off say nothing.
        many = self._refusals.alone(readers[0].seq)
        with self._app.read() as tx:
            problem = hopeless(tx, chunk, claimed.name, many=many)
        if problem:
            self._pause(f"{problem} The last answer: {error}")
        return False

    def _may_call(self, chunk: Chunk) -> bool:
        with self._app.read() as tx:
            return tx.ledger.may_call(chunk, now=self._app.clock())

    def _record(self, claimed: Claimed, keys: Mapping[str, int], receipt: Receipt) -> None:
        in_turn = not claimed.provider.capabilities.whole
        try:
            written(partial(record, self._app, self._mailing, claimed.chunk, keys, receipt, in_turn=in_turn))
            self._route.refund(claimed, claimed.chunk.size - len(keys) + len(receipt.refused) + len(receipt.not_sent))
        except ValueError as error:
            # A defect in an adapter: what it says of the others cannot be believed either.
            doubt(self._app, claimed.chunk, f"{claimed.name}: {error}")
            self._counts.became(claimed.name, CallResult.IN_DOUBT, len(keys))
            self._pause(f"the provider {claimed.name} failed in a way it should not: {error}")
            return
        self._counts.answered(claimed.name, receipt, len(keys))
        last = self._refusals.answered(claimed.chunk.variant, keys, receipt, in_turn=in_turn)
        if last:
            said = f"{claimed.name} refused {BOUND} readers in a row or more, and took nobody in between"
            self._pause(f"{said}: {HARDLY_THEM} The last answer: {last}", disbelieved=True)

    def _reserved(self, claimed: Claimed) -> tuple[str, datetime | None]:
        """The name by which the call can be taken back, stored before it is made; empty where it cannot."""
        ahead = claimed.provider.capabilities.recall_ahead
        if not self._newsletter.doubts.recall or ahead is None or not isinstance(claimed.provider, Recalling):
            return "", None
        send_at = self._app.clock() + timedelta(seconds=ahead)
        quiet = claimed.chunk.quiet_from, claimed.chunk.quiet_until
        if quiet[0] is not None and quiet[1] is not None and quiet[0] <= send_at < quiet[1]:
            # It would begin while they sleep. Now they do not yet: it goes at once, and cannot be taken back.
            return "", None
        reservation = claimed.provider.reserve()
        with self._app.begin() as tx:
            if not tx.ledger.reserve(claimed.chunk, reservation, send_at):
                raise Lost(f"chunk {claimed.chunk.id} is no longer ours: its lease ran out before the call")
        return reservation, send_at

    def _answered(self, claimed: Claimed) -> None:
        with self._app.read() as tx:
            ailing = tx.throttles.get(claimed.name, self._app.clock()).failures
        if ailing:
            with self._app.begin() as tx:
                self._route.took(tx, claimed.name, self._app.clock())

    def _not_taken(self, claimed: Claimed, error: AdapterError) -> None:
        """Certainly not taken: it may be tried again, by another provider too."""
        written(partial(self._route.refund, claimed, claimed.chunk.size))
        if isinstance(error, Unauthorised):
            instead = written(partial(self._route.refused, claimed.name, error))
            written(partial(give_back, self._app, claimed.chunk, str(error), None, at_once=instead))
            if not instead:
                self._pause(str(error), disbelieved=True)
            return
        written(partial(self._route.failed, claimed.name, error))
        written(partial(give_back, self._app, claimed.chunk, str(error), error.retry_after))
        if not isinstance(error, Transient):
            self._pause(f"{claimed.name} gives no name for a call that could be taken back: {error}")
        with self._lock:
            self.put_off = str(error)

    def _in_doubt(self, claimed: Claimed, error: OutcomeUnknown, batch: Batch) -> None:
        written(partial(doubt, self._app, claimed.chunk, str(error)))
        written(partial(self._route.failed, claimed.name, error))
        if batch.reservation:
            recall(self._app, replace(claimed.chunk, reservation=batch.reservation, send_at=batch.send_at))

    def _pause(self, problem: str, *, disbelieved: bool = False) -> None:
        """A person has to look: no sender of this mailing goes on, and it is told once.

        `disbelieved`: and whoever was refused is ready again.
        """
        with self._lock:
            self.problem = self.problem or problem
        self._stopping.set()
        now = self._app.clock()
        with self._app.begin() as tx:
            try:
                tx.ledger.change(
                    self._mailing.id, expected=MailingState.SENDING, to=MailingState.PAUSED, reason=problem
                )
            except Lost:
                # Paused, stopped or closed by somebody in this instant, who told it.
                return
            if disbelieved:
                self._disbelieved = True
                take_back(tx, self._mailing.id, now)
            tx.log("mailing.paused", str(self._edition), by=self._app.owner, now=now, detail=problem)
