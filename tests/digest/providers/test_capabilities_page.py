"""The table of what each provider can do, held to the code that says it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from digest.model.mail import Capabilities
from digest.ports import Provider, Recalling
from digest.settings import load_settings
from digest.wiring import open_lookups, open_provider, open_suppressions

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "providers" / "index.md").read_text("utf-8")
KINDS = ("outbox", "smtp", "sendgrid", "ses", "mailgun", "postmark", "resend")
FULL = {
    "SENDGRID__API_KEY": "a-key",
    "SENDGRID__WEBHOOK_PUBLIC_KEY": "a key that is only looked for",
    "SENDGRID__LOOKUPS": "true",
    "SENDGRID__RECALL_MINUTES": "20",
    "SES__REGION": "eu-central-1",
    "SES__TOPICS": '["arn:aws:sns:eu-central-1:1:t"]',
    "MAILGUN__DOMAIN": "mg.digest.example",
    "MAILGUN__API_KEY": "a-key",
    "MAILGUN__WEBHOOK_SIGNING_KEY": "a-key",
    "POSTMARK__SERVER_TOKEN": "a-key",
    "POSTMARK__WEBHOOK_PASSWORD": "a-key",
    "RESEND__API_KEY": "a-key",
    "RESEND__WEBHOOK_SECRET": "a-key",
}
"""Everything switched on that a provider can do."""


def cells(kind: str) -> list[str]:
    """The row of the page."""
    rows = [row for row in PAGE.splitlines() if row.startswith(f"| {kind} |")]
    assert len(rows) == 1, kind
    return [cell.strip() for cell in rows[0].strip("|").split("|")]


def repeat(can: Capabilities) -> str:
    if not can.idempotent:
        return "no"
    if can.idempotent_for is None:
        return "always"
    minutes = round(can.idempotent_for / 60)
    return f"for {minutes // 60} h {minutes % 60} min"


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_says_what_the_code_says(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_PROVIDER__KIND", kind)
    for name, value in FULL.items():
        monkeypatch.setenv(f"DIGEST_PROVIDER__{name}", value)
    settings = load_settings(ROOT / "samples" / "config.yaml")
    provider: Provider = open_provider(settings)
    try:
        can = provider.capabilities
    finally:
        provider.close()
    _, size, calls, repeated, recalled, events, lookup, lists = cells(kind)
    assert can.name == kind
    assert int(size) == can.batch_size
    assert int(calls) == can.concurrency
    assert repeated == repeat(can)
    assert (recalled != "no") == (can.recall_ahead is not None)
    assert can.recall_ahead is None or isinstance(provider, Recalling)
    assert events.startswith("webhook") == can.events
    assert (lookup != "no") == (kind in open_lookups(settings))
    assert lists == ("yes" if kind in open_suppressions(settings) else "no")


def test_every_provider_has_a_page_and_says_whether_it_was_tried_live() -> None:
    assert set(re.findall(r"^\| (\w+) \| \d", PAGE, re.MULTILINE)) == set(KINDS)
    for kind in KINDS:
        page = (ROOT / "docs" / "reference" / "providers" / f"{kind}.md").read_text("utf-8")
        if kind != "outbox":
            assert re.search(r"Never tried against (?:the live service|a live relay) by us", " ".join(page.split())), (
                kind
            )
