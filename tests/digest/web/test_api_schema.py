"""Schemathesis over the API's own description, on a real server: no 5xx, and every answer as the description says."""

from __future__ import annotations

from dataclasses import replace

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from digest.model.webhook import Endpoint
from digest.web.api.table import ROOT, TABLE
from subscribers.model import SubscriptionState, SuppressionReason
from subscribers.saved import save_segment
from subscribers.segments import StateIs
from subscribers.suppression import suppress
from tests.digest.web.api_calls import token
from tests.digest.web.conftest import Start
from tests.digest.web.site import TODAY, Site, edition_of
from tests.digest.web.test_api_access import Checked

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 4
"""Requests of each kind, good and bad, to each address."""
MANY = 50
"""The same in the long form."""


def filled(start: Start) -> Site:
    """Something of everything, so that good requests find it."""
    site = start(api={"per_minute": 1_000_000}, change=lambda app: replace(app, hooks=Checked()))
    site.publish(edition_of(TODAY))
    active = StateIs(states=frozenset({SubscriptionState.ACTIVE}))
    with site.store.begin() as tx:
        save_segment(tx.connection, site.list_id, "active", active, now=site.clock())
        suppress(tx.connection, "x@y.example", SuppressionReason.MANUAL, now=site.clock())
        tx.webhooks.add(Endpoint(id=0, url="https://a.example/", kinds=(), salt=b"0" * 16, created_at=site.clock()))
    return site


KNOWN = {"slug": "world", "segment": "active", "newsletter": "world", "day": str(TODAY), "subscriber": 1, "webhook": 1}
"""What is there: without it nearly every request would be 404."""


def test_every_address_answers_as_it_says(start: Start) -> None:
    walk(filled(start), EXAMPLES)


@pytest.mark.soak
def test_every_address_answers_as_it_says_for_long(start: Start) -> None:
    asked = walk(filled(start), MANY)
    print(f"{asked:,} requests")


def walk(site: Site, examples: int) -> int:
    """Ask every address so many times with what it takes, and as often with what it does not. Returns how many."""
    headers = {"authorization": f"Bearer {token(site)}"}
    schema = schemathesis.openapi.from_url(f"{site.url}/api/v1/openapi.json")
    asked: set[tuple[str, str]] = set()
    statuses: set[int] = set()
    requests = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.method.upper() == "DELETE":
            # With the others in place first; what they end is not to be missing above.
            continue
        requests += _ask(operation, GenerationMode.POSITIVE, headers, statuses, examples, known=True)
        if operation.body or operation.query or operation.path_parameters:
            requests += _ask(operation, GenerationMode.NEGATIVE, headers, statuses, examples, known=False)
        asked.add((operation.method.upper(), operation.path))
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.method.upper() == "DELETE":
            requests += _ask(operation, GenerationMode.POSITIVE, headers, statuses, examples, known=False)
            asked.add((operation.method.upper(), operation.path))
    assert asked == {(entry.method, f"{ROOT}{entry.path}") for entry in TABLE}
    assert {200, 204, 422} <= statuses
    assert max(statuses) < 500
    return requests


def _ask(
    operation: schemathesis.APIOperation,
    mode: GenerationMode,
    headers: dict[str, str],
    statuses: set[int],
    examples: int,
    *,
    known: bool,
) -> int:
    asked = 0

    @seed(20_261_123)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        nonlocal asked
        if known:
            case.path_parameters.update({name: KNOWN[name] for name in case.path_parameters if name in KNOWN})
        answer = case.call(headers=headers)
        statuses.add(answer.status_code)
        asked += 1
        case.validate_response(answer, checks=CHECKS)

    check()
    return asked
