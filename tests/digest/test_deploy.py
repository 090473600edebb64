"""What alerts and dashboard in deploy/ ask for exists, and a metric without documentation fails."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest

from digest.model.alarm import AlarmLevel
from digest.model.delivery import Account
from digest.model.run import Phase
from digest.model.throttle import CallResult
from digest.store.tx import Store
from digest.web.metrics import StateCollector, _places
from digest.workflow.clock.due import sweep
from digest.workflow.send.plan import plan
from tests.builders import EDITION, people
from tests.databases import fresh_engine
from tests.deploy.promql import parse
from tests.digest.workflow.clock.test_day import newsroom

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


class Clock:
    """A scheduler that runs."""

    alive = True
    sweeps = 1
    failures = 0
    failing_since = None

    def __init__(self, store: Store) -> None:
        self.swept_at = self.since = newsroom(store).clock()


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Every metric that a working installation shows, with its labels."""
    with fresh_engine("sqlite", tmp_path_factory.mktemp("metrics")) as engine:
        store = Store(engine)
        people(store, 2)
        app = newsroom(store)
        sweep(app)
        plan(app, EDITION)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(StateCollector(app, Clock(store)))
        page = generate_latest(registry).decode()
        labels = {family.name: set(family._labelnames) for family in StateCollector(app, Clock(store)).collect()}
    assert set(re.findall(r"^# TYPE (\w+)", page, re.MULTILINE)) == set(labels)
    return labels


@pytest.fixture(scope="module")
def metrics(labels: dict[str, set[str]]) -> set[str]:
    """The names alone."""
    return set(labels)


def named(text: str) -> set[str]:
    """Metrics by the name of their family: a counter is read with `_total`."""
    return {name.removesuffix("_total") for name in re.findall(r"\bdigest_[a-z_]+", text)}


@pytest.mark.parametrize("path", ["prometheus/alerts.yaml", "grafana/digest.json"])
def test_alerts_and_dashboard_ask_for_metrics_that_exist(path: str, metrics: set[str]) -> None:
    text = (DEPLOY / path).read_text("utf-8")
    assert named(text)
    assert named(text) <= metrics


def test_every_metric_is_described_and_none_that_is_not_there(metrics: set[str]) -> None:
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text("utf-8")
    assert named(page) == metrics


def test_the_files_can_be_read() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text("utf-8"))
    for rule in rules["groups"][0]["rules"]:
        assert rule["expr"], rule
        assert rule["annotations"]["summary"], rule
        assert rule["annotations"]["next"], rule
    board = json.loads((DEPLOY / "grafana" / "digest.json").read_text("utf-8"))
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


PLACES = {
    "state": {"ok", "failing", "silent"},
    "level": {level.value for level in AlarmLevel},
    "phase": {phase.value for phase in Phase},
    "place": set(_places(Account(planned=0))),
    "result": {result.value for result in CallResult},
    "job": {"digest"},
}
"""What a label may hold."""


def test_every_alert_is_an_expression_over_labels_that_exist(labels: dict[str, set[str]]) -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
    known = {**labels, "up": {"job"}}
    for rule in rules:
        found = parse(rule["expr"])
        assert found.selectors, rule
        families = [metric.removesuffix("_total") for metric, _ in found.selectors]
        for family, (_, wanted) in zip(families, found.selectors, strict=True):
            assert set(wanted) <= known[family], rule
            assert all(value in PLACES[label] for label, value in wanted.items()), rule
        assert found.labels <= set.union(*(known[family] for family in families)), rule
        shown = re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"]))
        assert all(label in known[families[0]] for label in shown), rule
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s")), rule


@pytest.mark.parametrize(
    "broken",
    ["a >", "(a", "a)", "a{b=}", "sum without state (a)", "a b", "> 1", "a{b='c'}", "", "rate(a)", "rate(a[5])"],
)
def test_what_is_no_expression_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(broken)
