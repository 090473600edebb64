"""Judges from outside, run by Node: `tests/node` with its packages, or a reason why they are not here.

An OpenID provider to sign in by is among them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

NODE = Path(__file__).parent / "node"
_LONGEST_S = 120


def installed() -> str:
    """Why no judge can be asked, or empty."""
    if shutil.which("node") is None:
        return "no Node here: install nodejs and npm, then `npm ci --prefix tests/node`"
    if not (NODE / "node_modules" / "oidc-provider").is_dir():
        return "the judges are not installed: `npm ci --prefix tests/node`"
    return ""


@pytest.fixture(scope="session")
def judges() -> Path:
    """Where the judges are. Without them the test is skipped with the reason; in CI it fails."""
    missing = installed()
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    return NODE


def ask(judge: str, documents: Mapping[str, str], *arguments: str) -> Any:
    """What the judge `tests/node/<judge>.mjs` says of the documents, by name."""
    done = subprocess.run(
        ["node", str(NODE / f"{judge}.mjs"), *arguments],
        input=json.dumps(dict(documents)),
        capture_output=True,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
