"""The product as a person runs it: the command in a process of its own, on the bundled samples."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsroom:
    """A folder with nothing in it yet, and the command to run there."""

    folder: Path
    config: Path

    @property
    def outbox(self) -> Path:
        """Where delivered messages appear."""
        return self.folder / "var" / "outbox" / "new"

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
        return {**kept, "NO_COLOR": "1", "COLUMNS": "100"}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Begin a command and return while it runs."""
        return subprocess.Popen(
            [sys.executable, "-m", "digest", *arguments, "--config", str(self.config)],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command to its end; returns its standard output and checks its exit code."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=300)
        assert process.returncode == code, f"digest {' '.join(arguments)}: {process.returncode}\n{out}\n{err}"
        return out


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    """An empty folder and the configuration of `make run`."""
    return Newsroom(folder=tmp_path, config=ROOT / "samples" / "config.yaml")
