"""Aside: a phase in a process of its own does what it would do here, once, and ends when it is told to."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from digest.aside import _ended, aside
from digest.model.errors import DigestError
from digest.model.run import Phase, RunKey, RunState
from digest.settings import Settings, load_settings
from digest.wiring import open_app
from digest.workflow.clock.due import sweep
from tests.builders import DAY

ROOT = Path(__file__).parents[2]
KEY = RunKey(newsletter="world", date=DAY, phase=Phase.COLLECT, slot="05:00")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DIGEST_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("DIGEST_STORAGE__URL", f"sqlite:///{tmp_path / 'digest.db'}")
    monkeypatch.setenv("DIGEST_PROVIDER__OUTBOX__PATH", str(tmp_path / "outbox"))
    return load_settings(ROOT / "samples" / "config.yaml")


def test_a_phase_is_done_once_in_a_process_of_its_own(settings: Settings) -> None:
    do = aside(settings)
    with open_app(settings) as app:
        assert do(app, KEY)
        with app.read() as tx:
            found = tx.runs.get(KEY)
        assert found is not None
        assert (found.state, found.owner == app.owner) == (RunState.DONE, False)
        assert "134 new stories" in found.note
        assert not do(app, KEY), "somebody had it"


def test_a_process_that_does_not_end_well_is_told_of(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    nowhere = settings.storage.model_copy(update={"url": f"sqlite:///{tmp_path / 'file' / 'digest.db'}"})
    gone = settings.model_copy(update={"storage": nowhere})
    with open_app(settings) as app, pytest.raises(DigestError, match=f"^{KEY}: .*exit code 1"):
        aside(gone)(app, KEY)


@pytest.mark.parametrize("deaf", [False, True])
def test_it_ends_when_it_is_told_to(*, deaf: bool) -> None:
    ignores = "signal.signal(15, signal.SIG_IGN); " if deaf else ""
    words = f"import signal, time; {ignores}print('here', flush=True); time.sleep(60)"
    command = [sys.executable, "-c", words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert _ended(process, b"", lambda: True, grace=1) == (-9 if deaf else -15)


def test_the_clock_does_what_is_heavy_aside_and_the_rest_itself(settings: Settings) -> None:
    asked: list[RunKey] = []

    with open_app(settings) as app:
        sweep(replace(app, aside=lambda _app, key: asked.append(key) or False))
        assert {key.phase for key in asked} == {Phase.COLLECT}, "what another has in hand holds up what comes after it"
        with app.read() as tx:
            assert tx.runs.recent(10) == ()
