"""Deliver: claim a chunk, commit, call the provider, record, commit. No transaction is open across the network.

A claim is committed before the first byte goes out, so that a crash leaves a name behind and not a gap. An answer
that never came is *in doubt*: it is not tried again by a timer (P1). See docs/why/delivery.md.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.model.delivery import Account, Addressee, Chunk, ChunkState, DeliveryStatus, Mailing, MailingState
from digest.model.edition import Edition, EditionId, EditionStatus
from digest.model.errors import DigestError, Lost, NotFound, OutcomeUnknown, Permanent, Transient, Unauthorised
from digest.model.mail import Batch, Envelope, Receipt, Recipient, Rendered, Slot
from digest.model.newsletter import Newsletter
from digest.ports import App, Tx
from digest.render.slots import greeting
from digest.workflow.compose import newsletter_of
from digest.workflow.doubts import recover
from digest.workflow.mailing import mailing_of
from digest.workflow.plan import window_end
from digest.workflow.review import require
from digest.workflow.standing import require_sender

LEASE = timedelta(minutes=5)
"""How long a claim is believed; far above any call's own deadline."""
PATIENCE = timedelta(seconds=90)
"""How long one `send` waits for chunks that the provider put off, before it leaves them to the next sweep."""
LONGEST_PAUSE = 60.0
"""Seconds between two tries of a chunk that the provider did not take, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What one `send` found and left."""

    mailing: Mailing
    account: Account
    calls: int
    """Provider calls made this time; 0 = there was nothing left to do."""
    waiting_until: datetime | None
    """When the next wave is due, or None where no reader waits."""
    problem: str = ""
    """Why it stopped early, empty where it did not."""


def send(app: App, edition: EditionId, *, everybody_now: bool = False, late: bool = False) -> Sent:
    """Send what is due of a planned mailing. Safe to run twice, and by several processes at once.

    `everybody_now` brings every waiting wave forward; `late` lets waves go whose window is over.
    """
    require_sender(app)
    newsletter = newsletter_of(app, edition.newsletter)
    recover(app)
    now = app.clock()
    with app.begin() as tx:
        mailing = tx.ledger.mailing(str(edition))
        if mailing is None:
            raise NotFound(f"{edition} has no mailing yet; approve and plan it first")
        _start(tx, mailing, require(tx, edition), now=now, by=app.owner)
        if everybody_now:
            tx.ledger.bring_forward(mailing.id, now=now)
        if late:
            tx.ledger.release_late(mailing.id, now=now)
        else:
            hold_late(tx, newsletter, mailing, now)
    sender = _Sender(app, newsletter, edition, mailing)
    sender.run()
    return _close(app, edition, sender)


def hold_late(tx: Tx, newsletter: Newsletter, mailing: Mailing, now: datetime) -> int:
    """Waves whose window is over are held and shown, never sent by accident (P7). Returns how many chunks."""
    held = 0
    for chunk in tx.ledger.chunks(mailing.id, ChunkState.READY):
        end = window_end(newsletter, chunk.due_at)
        if end is not None and now > end:
            note = f"late: it was due {chunk.due_at:%Y-%m-%d %H:%M} UTC, its window ended {end:%Y-%m-%d %H:%M} UTC"
            held += tx.ledger.doubt(chunk, to=ChunkState.HELD, now=now, note=note)
    return held


def _start(tx: Tx, mailing: Mailing, edition: Edition, *, now: datetime, by: str) -> None:
    if mailing.state is MailingState.CLOSED:
        return
    if mailing.state is not MailingState.SENDING:
        tx.ledger.change(mailing.id, expected=mailing.state, to=MailingState.SENDING)
        tx.log("mailing.started", mailing.edition, by=by, now=now)
    if edition.status in (EditionStatus.APPROVED, EditionStatus.STOPPED):
        tx.editions.change(edition.to(EditionStatus.SENDING), expected=edition.status)


def _close(app: App, edition: EditionId, sender: _Sender) -> Sent:
    now = app.clock()
    with app.begin() as tx:
        mailing = tx.ledger.mailing(str(edition))
        if mailing is None:
            raise NotFound(f"{edition}: its mailing is gone from the database")
        found = tx.ledger.account(mailing.id)
        if sender.problem and mailing.state is MailingState.SENDING and sender.paused:
            tx.ledger.change(mailing.id, expected=MailingState.SENDING, to=MailingState.PAUSED, reason=sender.problem)
        elif found.settled and mailing.state is MailingState.SENDING:
            try:
                tx.ledger.change(mailing.id, expected=MailingState.SENDING, to=MailingState.CLOSED)
                shown = require(tx, edition)
                if shown.status is EditionStatus.SENDING:
                    tx.editions.change(shown.to(EditionStatus.SENT), expected=EditionStatus.SENDING)
                tx.log("mailing.closed", str(edition), by=app.owner, now=now)
            except Lost:
                # Another sender of the same mailing closed it in this instant: that is as good.
                pass
        waiting = tx.ledger.next_due(mailing.id)
    return Sent(
        mailing=mailing_of(app, edition),
        account=found,
        calls=sender.calls,
        waiting_until=waiting,
        problem=sender.problem or (f"put off: {sender.put_off}" if sender.put_off and found.ready else ""),
    )


class _Sender:
    """The threads that drain one mailing; what they share is here, behind one lock."""

    def __init__(self, app: App, newsletter: Newsletter, edition: EditionId, mailing: Mailing) -> None:
        self._app = app
        self._newsletter = newsletter
        self._edition = edition
        self._mailing = mailing
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._rendered: dict[str, Rendered] = {}
        self._envelope = _envelope(app, newsletter, edition, mailing)
        self._task = f"send {edition}"
        self.calls = 0
        self.problem = ""
        self.put_off = ""
        self.paused = False

    def run(self) -> None:
        """Until nothing is due any more, the mailing is stopped, or the provider refuses us."""
        with self._app.read() as tx:
            before = tx.ledger.account(self._mailing.id)
        self._app.progress.start(self._task, before.ready)
        threads = max(1, self._app.provider.capabilities.concurrency)
        give_up = self._app.clock() + PATIENCE
        while True:
            with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="send") as pool:
                drains = [pool.submit(self._drain) for _ in range(threads)]
                try:
                    for drain in drains:
                        drain.result()
                except BaseException:
                    # Also Ctrl-C: the calls in flight are finished and recorded, no new one is made.
                    self._stopping.set()
                    raise
            if self._ending() or not self._wait_for_retries(give_up):
                break
        self._app.progress.finish(self._task, self.problem or f"{self.calls} calls")

    def _wait_for_retries(self, give_up: datetime) -> bool:
        """True after a pause, where a chunk that was put off becomes due within our patience."""
        now = self._app.clock()
        with self._app.read() as tx:
            due = tx.ledger.next_due(self._mailing.id)
            running = tx.ledger.mailing(str(self._edition))
        if due is None or due > give_up or running is None or running.state is not MailingState.SENDING:
            return False
        self._app.wait(max(0.05, (due - now).total_seconds()))
        return True

    def _ending(self) -> bool:
        return self._stopping.is_set() or self._app.stopping()

    def _drain(self) -> None:
        while not self._ending():
            now = self._app.clock()
            with self._app.begin() as tx:
                chunk = tx.ledger.claim(self._mailing.id, owner=self._app.owner, now=now, lease_until=now + LEASE)
                if chunk is None:
                    return
                addressees = tx.ledger.addressees(chunk, on=self._edition.date)
                blocked = {reader.seq: reader.blocked for reader in addressees if reader.blocked is not None}
                if blocked:
                    tx.ledger.skip(self._mailing.id, blocked)
                list_id = tx.audience.list_of(self._mailing.list).id
            self._call(chunk, [reader for reader in addressees if reader.blocked is None], list_id)
            self._app.progress.advance(self._task, chunk.size)

    def _call(self, chunk: Chunk, readers: Sequence[Addressee], list_id: int) -> None:
        if not readers:
            self._record(chunk, {}, Receipt())
            return
        keys = {self._app.links.delivery_key(self._mailing.id, reader.seq): reader.seq for reader in readers}
        try:
            batch = self._batch(chunk, readers, list(keys), list_id)
        except DigestError as error:
            # Nothing was sent: the chunk goes back, and the mailing stops for a person to look.
            self._give_back(chunk, str(error), None)
            self._pause(f"chunk {chunk.id} cannot be built: {error}")
            return
        with self._lock:
            self.calls += 1
        try:
            receipt = self._app.provider.send(batch)
        except Transient as error:
            self._give_back(chunk, str(error), error.retry_after)
            with self._lock:
                self.put_off = str(error)
        except Unauthorised as error:
            self._give_back(chunk, str(error), None)
            self._pause(str(error))
        except Permanent as error:
            self._halve(chunk, readers, str(error))
        except OutcomeUnknown as error:
            self._doubt(chunk, str(error))
        except Exception as error:  # noqa: BLE001 - a defect in an adapter: somebody may have been mailed
            self._doubt(chunk, f"{type(error).__name__} in the {self._app.provider.capabilities.name} provider")
            self._pause(f"the provider failed in a way it should not: {type(error).__name__}: {error}")
        else:
            self._record(chunk, keys, receipt)

    def _batch(self, chunk: Chunk, readers: Sequence[Addressee], keys: list[str], list_id: int) -> Batch:
        rendered = self._rendering(chunk.variant)
        view = self._app.links.view(self._edition)
        recipients = []
        for reader, key in zip(readers, keys, strict=True):
            unsubscribe = self._app.links.unsubscribe(reader.subscriber, list_id, reader.link_version)
            hour = self._newsletter.schedule.send_at.hour if reader.hour is None else reader.hour
            recipients.append(
                Recipient(
                    delivery=key,
                    email=reader.email,
                    name=reader.name,
                    slots={
                        Slot.NAME: greeting(
                            rendered.variant.language, reader.name, hour=hour, otherwise=self._newsletter.language
                        ),
                        Slot.UNSUBSCRIBE: unsubscribe,
                        Slot.PREFERENCES: self._app.links.preferences(reader.subscriber, list_id, reader.link_version),
                        Slot.VIEW: view,
                    },
                    unsubscribe_url=unsubscribe,
                )
            )
        return Batch(
            chunk=f"{chunk.id}.{chunk.attempt}",
            envelope=self._envelope,
            rendered=rendered,
            recipients=tuple(recipients),
        )

    def _rendering(self, variant: str) -> Rendered:
        with self._lock:
            found = self._rendered.get(variant)
        if found is not None:
            return found
        with self._app.read() as tx:
            found = tx.editions.frozen(self._edition, variant)
        if found is None:
            raise NotFound(f"{self._edition}: the frozen rendering {variant} is gone")
        with self._lock:
            self._rendered[variant] = found
        return found

    def _record(self, chunk: Chunk, keys: dict[str, int], receipt: Receipt) -> None:
        now = self._app.clock()
        refused = {keys[key]: (DeliveryStatus.DROPPED, why) for key, why in receipt.refused.items()}
        with self._app.begin() as tx:
            if receipt.not_sent or receipt.unknown:
                parts = _parts(chunk, keys, receipt)
                later = now + timedelta(seconds=_pause(chunk.attempt, receipt.retry_after))
                ours = tx.ledger.carve(chunk, parts, now=now, note=receipt.note, not_before=later)
                taken = [part for part in parts if part[2] is ChunkState.ACCEPTED]
            else:
                ours = tx.ledger.settle(chunk, to=ChunkState.ACCEPTED, now=now, message_id=receipt.message_id)
                taken = [(chunk.first_seq, chunk.last_seq, ChunkState.ACCEPTED)]
                if not ours:
                    # The lease ran out while the provider was answering. The answer is still true.
                    ours = any(
                        tx.ledger.doubt(found, to=ChunkState.ACCEPTED, now=now, note="answered after its lease")
                        for found in tx.ledger.chunks(self._mailing.id, ChunkState.IN_DOUBT)
                        if found.id == chunk.id and found.attempt == chunk.attempt
                    )
            if not ours:
                tx.log("chunk.answered_late", self._mailing.edition, by=self._app.owner, now=now, detail=str(chunk.id))
                return
            if refused:
                tx.ledger.mark(self._mailing.id, refused, now)
            if receipt.delivered:
                for first, last, _ in taken:
                    tx.ledger.mark_range(self._mailing.id, first, last, DeliveryStatus.DELIVERED, now)

    def _give_back(self, chunk: Chunk, note: str, retry_after: float | None) -> None:
        now = self._app.clock()
        later = now + timedelta(seconds=_pause(chunk.attempt, retry_after))
        with self._app.begin() as tx:
            tx.ledger.settle(chunk, to=ChunkState.READY, now=now, note=note, not_before=later)

    def _halve(self, chunk: Chunk, readers: Sequence[Addressee], why: str) -> None:
        """The provider refuses the call as it stands: halve it until the bad address stands alone."""
        now = self._app.clock()
        with self._app.begin() as tx:
            if len(readers) == 1:
                if tx.ledger.settle(chunk, to=ChunkState.REFUSED, now=now, note=why):
                    tx.ledger.mark(self._mailing.id, {readers[0].seq: (DeliveryStatus.DROPPED, why)}, now)
                return
            middle = readers[len(readers) // 2].seq
            halves = [
                (chunk.first_seq, middle - 1, ChunkState.READY),
                (middle, chunk.last_seq, ChunkState.READY),
            ]
            tx.ledger.carve(chunk, halves, now=now, note=why)

    def _doubt(self, chunk: Chunk, note: str) -> None:
        now = self._app.clock()
        with self._app.begin() as tx:
            tx.ledger.settle(chunk, to=ChunkState.IN_DOUBT, now=now, note=note)

    def _pause(self, problem: str) -> None:
        with self._lock:
            self.problem = self.problem or problem
            self.paused = True
        self._stopping.set()


def _pause(attempt: int, retry_after: float | None) -> float:
    """Seconds until the next try: what the provider asked for, else 1, 2, 4 … up to a minute."""
    if retry_after is not None:
        return max(0.0, min(retry_after, 3600.0))
    return min(LONGEST_PAUSE, 2.0 ** max(0, attempt - 1))


def _parts(chunk: Chunk, keys: dict[str, int], receipt: Receipt) -> list[tuple[int, int, ChunkState]]:
    """Runs of neighbours with the same fate. Who was skipped goes along with the neighbour before."""
    fates = dict.fromkeys((keys[key] for key in receipt.not_sent), ChunkState.READY)
    fates |= dict.fromkeys((keys[key] for key in receipt.unknown), ChunkState.IN_DOUBT)
    asked = {seq: fates.get(seq, ChunkState.ACCEPTED) for seq in keys.values()}
    return list(_runs(chunk, asked))


def _runs(chunk: Chunk, fates: dict[int, ChunkState]) -> Iterator[tuple[int, int, ChunkState]]:
    first, state = chunk.first_seq, fates[min(fates)]
    for seq in range(chunk.first_seq, chunk.last_seq + 1):
        fate = fates.get(seq, state)
        if fate is not state:
            yield first, seq - 1, state
            first, state = seq, fate
    yield first, chunk.last_seq, state


def _envelope(app: App, newsletter: Newsletter, edition: EditionId, mailing: Mailing) -> Envelope:
    return Envelope(
        edition=str(edition),
        newsletter=newsletter.slug,
        newsletter_name=newsletter.name,
        list_id=f"{newsletter.list}.{app.list_domain}",
        from_name=newsletter.sender.name,
        from_email=newsletter.sender.email,
        reply_to=newsletter.sender.reply_to,
        archive_url=app.links.view(edition),
        help_url=app.help_url,
        unsubscribe_mailto=app.unsubscribe_mailto,
        date=mailing.planned_at,
        message_domain=app.list_domain,
    )
