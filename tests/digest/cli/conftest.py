"""Desks to run commands at: an empty folder, one with readers, one whose edition is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.digest.cli.desk import RUN, Desk, open_desk


@pytest.fixture
def empty(tmp_path: Path) -> Desk:
    """A folder with nothing in it."""
    return Desk(folder=tmp_path)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Configured, with sources and readers, nothing composed yet."""
    return open_desk(tmp_path)


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk whose edition is sent; for tests that only look."""
    desk = open_desk(tmp_path_factory.mktemp("sent"))
    desk.digest(*RUN)
    return desk
