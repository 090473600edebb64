"""A small newsroom of its own for a test: a configuration, three outlets, ten readers, and the command to run there."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from digest.cli import cli
from digest.model.trial import TrialStep
from digest.store.db import open_engine
from digest.store.tx import Store

DAY = "2022-04-08"
EDITION = f"world/{DAY}"
RUN = ("run", "world", "--date", DAY)

CONFIG = """\
site: {{base_url: "http://127.0.0.1:8025", list_domain: digest.example}}
provider: {provider}
sources:
  - {{slug: wire, kind: folder, path: sources/wire, outlet: Meridian Wire, country: CH, wire: true}}
  - {{slug: times, kind: folder, path: sources/times, outlet: The Harbour Times, country: GB}}
  - {{slug: post, kind: folder, path: sources/post, outlet: Levant Post, country: LB}}
newsletters:
  - slug: world
    name: The World Brief
    list: world
    language: en
    zone: Europe/London
    sender: {{name: The World Brief, email: brief@digest.example}}
    publisher: The World Brief
    postal_address: 1 Sample Street, Exampleton
    sections:
      - {{slug: world, title: World, match: [World]}}
      - {{slug: business, title: Business, match: [Business]}}
    picking: {{min_events: {min_events}, max_events: 6, briefs: 0, threshold: 0.0}}
    schedule: {{window_hours: {window_hours}, reader_hours: false}}
    when_nobody_approves: {policy}
"""

HAPPENINGS = {
    "quake": (
        "World",
        (
            "Strong earthquake strikes the coast of Valdoria, at least 40 killed",
            "A magnitude 7.1 earthquake struck the northern coast of Valdoria on Friday, killing at least 40 people. "
            "Rescue teams searched collapsed houses in the port of Sanmar through the night.",
        ),
        (
            "Valdoria earthquake: 40 dead as houses collapse in Sanmar",
            "Houses fell in seconds when the earthquake hit Sanmar, the largest port on the coast of Valdoria. "
            "Forty people are known to have been killed, and rescue teams were still digging at dawn.",
        ),
        (
            "After the Valdoria earthquake, Sanmar asks for search dogs",
            "Valdoria declared an emergency after Friday's earthquake and asked its neighbours for rescue teams. "
            "In the port of Sanmar dozens were killed, and the coast road is cut by collapsed houses.",
        ),
    ),
    "bank": (
        "Business",
        (
            "Central bank of Ostmark raises interest rates to 9 percent",
            "The central bank of Ostmark raised its main interest rate to 9 percent on Friday, the third rise this "
            "year, as inflation reached the highest level in two decades.",
        ),
        (
            "Ostmark interest rates go to 9 percent in third rise",
            "Inflation in Ostmark left its central bank no choice, the governor said, after interest rates went up "
            "for the third time this year. Economists had expected a smaller step than 9 percent.",
        ),
        (
            "Borrowers in Ostmark brace as central bank lifts rates again",
            "Families with a mortgage will feel it first: interest rates in Ostmark stand at 9 percent since Friday. "
            "The central bank blamed inflation, and its currency gained against the dollar.",
        ),
    ),
    "vote": (
        "World",
        (
            "Parliament of Karelon votes to remove prime minister Dalen",
            "Lawmakers in Karelon voted 61 to 48 on Friday to remove prime minister Ilse Dalen from office, after "
            "weeks of protests over the handling of fuel prices.",
        ),
        (
            "Dalen out: Karelon parliament removes its prime minister",
            "Ilse Dalen lost her office by thirteen votes in the parliament of Karelon. Protests over fuel prices "
            "had followed the prime minister for weeks.",
        ),
        (
            "Karelon heads for election after vote against Dalen",
            "An election must be held in Karelon within ninety days, the speaker of parliament said, after the vote "
            "to remove Ilse Dalen. Supporters of the prime minister left the chamber before the count.",
        ),
    ),
}
"""Invented, all three: the section, and a headline and a text by each outlet."""

READERS = """\
email,name,language,timezone,sections,state
ada@readers.example,Ada,en,Europe/London,,active
ben@readers.example,Ben,en,Europe/Paris,world,active
cho@readers.example,Cho,fr,Asia/Tokyo,,active
dina@readers.test,Dina,en,Africa/Cairo,business,active
eli@readers.example,Eli,en,Europe/London,,unsubscribed
fay@readers.example,Fay,en,Europe/London,,suppressed
not-an-address,Gil,en,Europe/London,,active
hal@readers.example,Hal,en,Europe/Atlantis,,active
"""
"""Four to be mailed, one who left, one suppressed (on the list, skipped), two rows that cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A folder to work in."""

    folder: Path

    def digest(self, *arguments: str, code: int = 0, stdin: bytes | None = None, **env: str | None) -> Result:
        """Run a command in this process; checks its exit code."""
        with contextlib.chdir(self.folder):
            result = CliRunner().invoke(cli, list(arguments), input=stdin, env={"DIGEST_CONFIG": None, **env})
        told = f"digest {' '.join(arguments)}: {result.exit_code}\n{result.stdout}\n{result.stderr}"
        assert result.exit_code == code, told
        return result

    def json(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """Run a command with --json; its whole answer, which is one object."""
        answer: dict[str, Any] = json.loads(self.digest(*arguments, "--json", code=code).stdout)
        return answer

    def process(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "digest", *arguments],
            cwd=self.folder,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @property
    def letters(self) -> list[Path]:
        """Messages in the outbox."""
        return sorted((self.folder / "var" / "outbox" / "new").glob("*"))

    def configure(
        self, *, provider: str = "{kind: outbox}", window_hours: int = 0, min_events: int = 1,
        policy: str = "send_if_checks_pass",
    ) -> None:  # fmt: skip
        """Write config.yaml."""
        text = CONFIG.format(provider=provider, window_hours=window_hours, min_events=min_events, policy=policy)
        (self.folder / "config.yaml").write_text(text, "utf-8")

    def confirm(self) -> None:
        """As after its trial: everybody may be mailed."""
        store = Store(open_engine(f"sqlite:///{self.folder / 'var' / 'digest.db'}"))
        with store.begin() as tx:
            tx.trial.mark(TrialStep.ADOPTED, by="test", now=datetime.now(UTC))
        store.close()

    def import_readers(self, rows: str = READERS) -> Result:
        """Put readers on the list `world`."""
        path = self.folder / "readers.csv"
        path.write_text(rows, "utf-8")
        consent = ("--consent", "a form")
        return self.digest("subscribers", "import", "readers.csv", "--list", "world", "--allow-reserved", *consent)

    def write_sources(self) -> None:
        """Three outlets report three happenings, each in words of their own."""
        for number, outlet in enumerate(("wire", "times", "post")):
            folder = self.folder / "sources" / outlet
            folder.mkdir(parents=True)
            items = [
                {
                    "id": f"{outlet}-{name}",
                    "url": f"https://{outlet}.example/2022/04/08/{name}",
                    "title": reports[number][0],
                    "content_text": reports[number][1],
                    "date_published": f"{DAY}T0{number + 4}:10:00Z",
                    "tags": [section],
                }
                for name, (section, *reports) in HAPPENINGS.items()
            ]
            feed = {"version": "https://jsonfeed.org/version/1.1", "title": outlet, "language": "en", "items": items}
            (folder / "world.json").write_text(json.dumps(feed), "utf-8")


def open_desk(folder: Path) -> Desk:
    """A desk with a configuration, sources and readers."""
    desk = Desk(folder=folder)
    desk.configure()
    desk.write_sources()
    desk.import_readers()
    return desk
