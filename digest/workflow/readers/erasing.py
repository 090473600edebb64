"""The erasure of a reader: out of the files that are kept for imports, then out of the database in one transaction."""

from __future__ import annotations

from digest.ports import App


def erase_reader(app: App, subscriber: int, *, by: str) -> bool:
    """Forget a reader for good; a keyed hash stays, so that no import brings the address back. False for nobody.

    The files first: were the process to die in between, the reader is still there, and asks again.
    """
    now = app.clock()
    with app.read() as tx:
        addresses = tx.audience.addresses_of(subscriber)
    if app.imports is not None:
        app.imports.strike_out(addresses)
    with app.begin() as tx:
        known = tx.audience.erase(subscriber, erasure_key=app.asks.erasure_key, now=now)
        if known:
            tx.log("reader.erased", str(subscriber), by=by, now=now)
    return known
