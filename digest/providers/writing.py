"""Writes the MIME message of one reader, for the providers that carry bytes themselves."""

from __future__ import annotations

from digest.model.errors import DigestError, Unauthorised
from digest.model.mail import Batch, Recipient
from digest.providers.addresses import is_bare
from digest.render.message import MessageTemplate


class Unwritable(ValueError):
    """No message can be written to this one reader. The text is the reason, without the address."""


class Writer:
    """The messages of one batch."""

    def __init__(self, batch: Batch) -> None:
        """Raises Unauthorised where no message at all can be made of this envelope: a person must mend it."""
        try:
            self._template = MessageTemplate(batch.rendered, batch.envelope)
        except DigestError as error:
            raise Unauthorised(f"{batch.envelope.edition}: no message can be written: {error}") from error

    def write(self, recipient: Recipient) -> bytes:
        """CRLF lines, ASCII. Raises Unwritable."""
        if not is_bare(recipient.email):
            raise Unwritable("the address is not plain ASCII")
        try:
            return self._template.build(recipient)
        except DigestError as error:
            raise Unwritable(str(error)) from error
        except KeyError as error:
            raise Unwritable(f"slot {error.args[0]}: no value was given for it") from error
