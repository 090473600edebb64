"""A running site for every test that wants one."""

from __future__ import annotations

import io
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path

import pytest
import structlog

from digest.logs import configure_logs
from digest.store import schema
from digest.store.db import open_engine
from digest.store.tx import Store
from tests.digest.web.site import Site, running

Start = Callable[..., Site]


@pytest.fixture(autouse=True)
def log() -> Iterator[io.StringIO]:
    """What this process logs during a test, configured as `digest serve` does; undone afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    lines = io.StringIO()
    configure_logs(lines)
    yield lines
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database that the migrations made, to be copied: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "digest.db"
    engine = open_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture
def store(migrated: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty store of the test's own."""
    shutil.copy(migrated, tmp_path / "digest.db")
    made = Store(open_engine(f"sqlite:///{tmp_path / 'digest.db'}"))
    yield made
    made.close()


@pytest.fixture
def start(store: Store, tmp_path: Path) -> Iterator[Start]:
    """Start a site in the way that the test says."""
    with ExitStack() as stack:

        def begin(**how: object) -> Site:
            site: AbstractContextManager[Site] = partial(running, store, tmp_path)(**how)  # type: ignore[arg-type]
            return stack.enter_context(site)

        yield begin


@pytest.fixture
def site(start: Start) -> Site:
    """A site with one newsletter and one reader, nothing sent yet."""
    return start()
