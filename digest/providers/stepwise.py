"""What providers that mail one reader after the other share: how a call ends between two of them."""

from __future__ import annotations

STOPPED = "stopped between two readers of a call"


def always() -> bool:
    """Nobody asks for the call to end early."""
    return True


def never() -> bool:
    """This process goes on."""
    return False


class NoPage:
    """The port `CallPage` where nothing is written down."""

    def begun(self, delivery: str) -> None:
        """Nothing."""

    def ended(self, delivery: str, *, taken: bool | None) -> None:
        """Nothing."""
