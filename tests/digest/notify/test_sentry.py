"""Errors of the log reach a Sentry, over real HTTP, with no address, token or key in what is sent."""

from __future__ import annotations

import gzip
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from digest.logs import configure_logs, redact
from digest.model.errors import ConfigError
from digest.model.secrecy import keep_secret
from digest.notify.sentry import SentryHandler
from tests.servers.hook_receiver import HookReceiver, receiving

ADDRESS = "canary@readers.example"
KEY = "SG.canarycanary.canarycanary"
SECRET = "a canary that no pattern knows"
LINK = "https://news.example/u/12.1.1.AbCdEfGhIjKlMnOpQrStUv-_x"


@pytest.fixture
def sentry() -> Iterator[HookReceiver]:
    """A receiver, and a log whose errors go there."""
    before = logging.getLogger().handlers[:]
    keep_secret([SECRET])
    configure_logs(io.StringIO(), json=True)
    with receiving() as receiver:
        handler = SentryHandler(dsn=f"http://public@{receiver.pair}/7", release="digest@1", scrub=redact)
        logging.getLogger().addHandler(handler)
        try:
            yield receiver
        finally:
            logging.getLogger().handlers[:] = before
            structlog.reset_defaults()


def sent(receiver: HookReceiver) -> list[dict[str, Any]]:
    """The events that arrived, once everything has left."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, SentryHandler):
            handler.close()
    return [json.loads(whole(got.body).splitlines()[2]) for got in receiver.got]


def whole(body: bytes) -> str:
    return (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode()


def mail(reader: str) -> None:
    token = LINK
    raise RuntimeError(f"{reader} could not be mailed with {KEY}, {SECRET}: {token}")


def test_an_error_arrives_with_its_run_and_without_a_secret(sentry: HookReceiver) -> None:
    log = structlog.stdlib.get_logger("digest.test")
    try:
        mail(ADDRESS)
    except RuntimeError as error:
        with structlog.contextvars.bound_contextvars(run="world/2026-11-23/send", chunk=7):
            log.error("sweep.failed", reader=ADDRESS, exc_info=error)
    logging.getLogger("some.library").error("no answer to %s, %s", ADDRESS, LINK)
    log.warning("no error", reader=ADDRESS)
    # The operator hears of alarms by ways of their own.
    log.error("alarm.begun", alarm="world/2026-11-23/held", what="world/2026-11-23 is held: nobody gets it")
    ours, theirs = sent(sentry)
    assert sentry.got[0].path == "/api/7/envelope/"
    assert (ours["tags"]["run"], ours["tags"]["chunk"], ours["level"]) == ("world/2026-11-23/send", "7", "error")
    (raised,) = ours["exception"]["values"]
    assert raised["type"] == "RuntimeError"
    assert raised["value"].startswith("[address] could not be mailed with [key], [key]: ")
    assert [frame["function"] for frame in raised["stacktrace"]["frames"]][-1] == "mail"
    assert theirs["message"] == "some.library: no answer to [address], https://news.example/u/[token]"
    for got in sentry.got:
        for secret in (ADDRESS, "canary", LINK[-20:], SECRET):
            assert secret not in whole(got.body).replace("canary@readers.example could", "")
    for event in (ours, theirs):
        assert not {"user", "request", "breadcrumbs", "server_name"} & {name for name, value in event.items() if value}


def test_a_sentry_that_does_not_answer_holds_up_nothing(sentry: HookReceiver) -> None:
    sentry.answers = [500, 429]
    for number in range(3):
        logging.getLogger("digest.test").error("trouble %d", number)
    sent(sentry)
    assert 1 <= len(sentry.got) <= 3


@pytest.mark.parametrize("dsn", ["sentry.example", "https://sentry.example/7", "ftp://key@sentry.example/7"])
def test_what_is_no_dsn_is_refused_and_not_repeated(dsn: str) -> None:
    with pytest.raises(ConfigError, match="sentry_dsn") as caught:
        SentryHandler(dsn=dsn, release="digest@1", scrub=redact)
    assert dsn not in str(caught.value)
