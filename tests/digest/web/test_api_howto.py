"""The lines of docs/how-to/use-the-api.md work as they stand there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.digest.web.site import TODAY, Site, edition_of

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "how-to" / "use-the-api.md"


def _program(place: Path) -> Path:
    """A place to work in, with the site's database, and a folder with `digest` in it."""
    shutil.copy(ROOT / "digest" / "cli" / "starter.yaml", place / "config.yaml")
    folder = place / "bin"
    folder.mkdir()
    (folder / "digest").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m digest "$@"\n', "utf-8")
    (folder / "digest").chmod(0o755)
    return folder


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_every_line_of_the_how_to(site: Site, tmp_path: Path) -> None:
    site.publish(edition_of(TODAY))
    env = {
        "PATH": f"{_program(tmp_path)}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "NO_PROXY": "*",
        "API": f"{site.url}/api/v1", "DIGEST_STORAGE__URL": f"sqlite:///{tmp_path / 'digest.db'}",
        "DIGEST_VAR_DIR": str(tmp_path),
    }  # fmt: skip
    said = []
    for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        for line in re.split(r"(?<!\\)\n", block.strip()):
            ran = subprocess.run(
                ["sh", "-ec", line], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
            )
            assert ran.returncode == 0, (line, ran.stderr)
            if line.startswith("digest token create"):
                env["TOKEN"] = ran.stdout.strip()
            else:
                said.append(ran.stdout)
    assert json.loads(said[0])["lists"] == []
    assert json.loads(said[1])["outcome"] in ("welcome", "confirm")
    assert json.loads(said[2])["data"][0]["name"] == "Ada"
    assert len(json.loads(said[3])["data"]) == 2
    assert json.loads(said[4])["data"][0]["day"] == str(TODAY)
    assert said[5].startswith("The World Brief")
    assert json.loads(said[6])["status"] == 403
    assert len(said) == 8
    headers = {"authorization": f"Bearer {env['TOKEN']}"}
    assert site.client.get("/api/v1/token", headers=headers).status_code == 401, "it was revoked by the last line"
