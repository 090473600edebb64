"""The one error tree: every failure names the thing, the place and the next step."""


class DigestError(Exception):
    """Base of every error that we raise on purpose."""


class ConfigError(DigestError):
    """The configuration cannot be used; the message gives the key's path, its line and the nearest name."""


class MissingLibrary(ConfigError):
    """The library of what was configured is not installed. What package indexes call `digest` is not this."""

    def __init__(self, what: str, missing: str) -> None:
        super().__init__(
            f"{what} needs a library that is not installed ({missing}); in the folder of the checkout, with the pip "
            "of the environment that Digest runs in: pip install --require-hashes -r requirements/server.txt"
        )


class BadDocument(DigestError):
    """A document or feed cannot be read as news. `path` is the path or URL as it was given."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class IllegalTransition(DigestError):
    """A status change that the transition table does not allow."""


class Paused(DigestError):
    """This installation may not send: it is a copy or was restored, until a person adopts it (P7)."""


class NotFound(DigestError):
    """A named thing (edition, newsletter, list, mailing) does not exist here."""


class StorageFailed(DigestError):
    """The database refused a statement or is out of reach. The message holds no parameter, and so no address."""


class Lost(DigestError):
    """Somebody else changed the row first; read it again and decide anew."""


class RenderFailed(DigestError):
    """An edition cannot be rendered. `place` names the block, so that an editor can find it."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


class AdapterError(DigestError):
    """Base of what the outside world can do to us; the original error is chained as `__cause__`."""

    def __init__(self, message: str, *, raw: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.raw = raw[:2000]
        """What the other side said, shortened to 2,000 characters."""
        self.retry_after = retry_after
        """Seconds to wait before the next try, where the other side named them."""


class Transient(AdapterError):
    """Certainly not taken, and worth another try later."""


class NotAsked(Transient):
    """Its turn did not come in our own queue: says nothing about the other side, and is no failure of it."""


class Permanent(AdapterError):
    """Certainly not taken, and another try of the same thing would fail the same way."""


class Disallowed(Permanent):
    """The publisher's robots.txt does not want the address to be read."""


class Unauthorised(Permanent):
    """The provider does not accept our key: nothing will be taken until a person mends it."""


class OutcomeUnknown(AdapterError):
    """The request may have been taken: never repeated by a timer (P1)."""
