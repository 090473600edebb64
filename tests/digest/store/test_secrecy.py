"""No address in an error (P10)."""

from __future__ import annotations

import traceback

import pytest
from sqlalchemy import insert

from digest.model.errors import StorageFailed
from digest.store.tx import Store
from subscribers.tables import subscribers


def test_a_database_error_does_not_say_whom_it_was_about(store: Store) -> None:
    with pytest.raises(StorageFailed) as caught, store.begin() as tx:
        tx.connection.execute(insert(subscribers).values(email="canary@example.test", email_key=None))
    assert "canary" not in "".join(traceback.format_exception(caught.value))
