"""The backup unit keeps the newest backups by their number: a clock that is wrong at boot takes none for old."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from tests.deploy.reading import DEPLOY


def test_fourteen_backups_are_kept_whatever_the_clock_says(tmp_path: Path) -> None:
    unit = (DEPLOY / "systemd" / "digest-backup.service").read_text("utf-8")
    (line,) = [line for line in unit.splitlines() if line.startswith("ExecStartPost=")]
    command = shlex.split(line.removeprefix("ExecStartPost=").replace("/var/backups/digest", str(tmp_path)))
    made = [tmp_path / f"digest-202611{day:02}T031500Z" for day in range(1, 21)]
    for folder in made:
        folder.mkdir()
        (folder / "manifest.json").write_text("{}", "utf-8")
        os.utime(folder, (0, 0))
    subprocess.run(command, check=True, timeout=60)
    assert sorted(tmp_path.iterdir()) == made[-14:]
    subprocess.run(command, check=True, timeout=60)
    assert sorted(tmp_path.iterdir()) == made[-14:]
