"""The lines of docs/how-to/use-the-api.md work as they stand there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from digest.model.api_token import Scope
from tests.digest.web.api_calls import token
from tests.digest.web.site import TODAY, Site, edition_of

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "use-the-api.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_every_line_of_the_how_to(site: Site) -> None:
    site.publish(edition_of(TODAY))
    scopes = [Scope(one) for one in re.findall(r"--scope (\S+)", PAGE.read_text("utf-8"))]
    env = {"PATH": os.environ["PATH"], "TOKEN": token(site, scopes), "API": f"{site.url}/api/v1", "NO_PROXY": "*"}
    said = []
    for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        for line in re.split(r"(?<!\\)\n", block.strip()):
            ran = subprocess.run(["sh", "-ec", line], env=env, capture_output=True, text=True, timeout=60, check=False)
            assert ran.returncode == 0, (line, ran.stderr)
            said.append(ran.stdout)
    assert json.loads(said[0])["lists"] == []
    assert json.loads(said[1])["outcome"] in ("welcome", "confirm")
    assert json.loads(said[2])["data"][0]["name"] == "Ada"
    assert len(json.loads(said[3])["data"]) == 2
    assert json.loads(said[4])["data"][0]["day"] == str(TODAY)
    assert said[5].startswith("The World Brief")
    assert json.loads(said[6])["status"] == 403
    assert len(said) == 7
