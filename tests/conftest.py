"""What a whole test run shares: a private PostgreSQL where the machine has one, and no silent skips in CI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser

from tests.browser import CHROMIUM, browser
from tests.databases import forget_migrated
from tests.servers.postgres import PostgresMissing, PrivatePostgres

POSTGRES = "DIGEST_TEST_POSTGRES"
SHARED = Path(__file__).resolve().parents[2] / "shared"
"""Data that lies beside the checkout where this project is developed; nobody else has or needs it."""

# No test may depend on how fast the machine is: neither an example's time nor that of making it is judged.
settings.register_profile("steady", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

_server = pytest.StashKey[PrivatePostgres]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the server once: the workers of a parallel run inherit its address."""
    if os.environ.get(POSTGRES) or hasattr(config, "workerinput") or config.option.collectonly:
        return
    if os.environ.get("DIGEST_TEST_NO_POSTGRES"):
        return
    try:
        config.stash[_server] = server = PrivatePostgres()
    except PostgresMissing:
        return
    os.environ[POSTGRES] = server.url


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First what waits for other processes more than it works: at the end it would be waited for alone."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/e2e/"))


def pytest_sessionfinish() -> None:
    """While the server still runs."""
    forget_migrated()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    server = config.stash.get(_server, None)
    if server is not None:
        del os.environ[POSTGRES]
        server.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> object:
    """In CI everything is installed: a test that skips there has lost its reason to exist."""
    report: pytest.TestReport = yield
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where nothing may be skipped: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def shared() -> Path:
    """The data beside the checkout; tests that read it are marked `shared`."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED.name}/ does not lie beside this checkout")
    return SHARED


# One module long: Playwright keeps an event loop in this thread, and other tests want their own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium for a test marked `browser`. Without one the test is skipped with the reason; in CI it fails."""
    if not CHROMIUM:
        reason = "no Chromium here: install Debian's package chromium, or put a chromium on PATH"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with browser() as own:
        yield own
