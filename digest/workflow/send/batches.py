"""Batches: the readers of a chunk with their links and greetings, as one provider call."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime

from digest.model.delivery import Addressee, Chunk, Mailing
from digest.model.edition import EditionId
from digest.model.errors import NotFound
from digest.model.mail import Batch, Recipient, Rendered, Slot
from digest.model.newsletter import Newsletter
from digest.ports import App
from digest.render.slots import greeting
from digest.workflow.envelopes import envelope_of
from digest.workflow.feedback.tracking import NOBODY


class Batches:
    """Makes the calls of one mailing; the frozen renderings are read once. Thread-safe."""

    def __init__(self, app: App, newsletter: Newsletter, edition: EditionId, mailing: Mailing) -> None:
        self._app = app
        self._newsletter = newsletter
        self._edition = edition
        self._mailing = mailing
        self._lock = threading.Lock()
        self._rendered: dict[str, Rendered] = {}
        self._envelope = envelope_of(app, newsletter, edition, mailing.planned_at, on_list=mailing.list)

    def keys(self, readers: Sequence[Addressee]) -> dict[str, int]:
        """Delivery key -> seq, in the order of the readers."""
        links, number, signed_by = self._app.links, self._mailing.id, self._mailing.signed_by
        return {links.delivery_key(number, reader.seq, signed_by=signed_by): reader.seq for reader in readers}

    def build(
        self,
        chunk: Chunk,
        readers: Sequence[Addressee],
        keys: Sequence[str],
        list_id: int,
        *,
        reservation: str = "",
        send_at: datetime | None = None,
    ) -> Batch:
        """The call. Raises NotFound where the frozen rendering is gone."""
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
                        **self._track(rendered, reader),
                    },
                    unsubscribe_url=unsubscribe,
                )
            )
        return Batch(
            chunk=f"{chunk.id}.{chunk.attempt}",
            envelope=self._envelope,
            rendered=rendered,
            recipients=tuple(recipients),
            reservation=reservation,
            send_at=send_at,
        )

    def _track(self, rendered: Rendered, reader: Addressee) -> dict[Slot, str]:
        """Who is counted. Whoever turned it off since the plan is nobody: the links lead on, and count nothing."""
        if not rendered.variant.tracked:
            return {}
        seq = NOBODY if reader.tracking_off else reader.seq
        return {Slot.TRACK: self._app.links.track_key(self._mailing.id, seq)}

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
