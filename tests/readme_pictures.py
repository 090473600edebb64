"""Two pictures of the README, drawn from what a run on the samples says of itself: the funnel, an event's coverage."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
EDITION = "world/2022-04-08"
WIDTH = 1135
"""CSS pixels, as wide as the picture of the digest."""

_SKIPS = {"not_today": "do not want this day", "suppressed": "may not be mailed", "paused": "pause"}
_PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 36px 40px; background: #e9e6df; color: #1c1b19; width: {width}px; box-sizing: border-box }}
body {{ font: 17px/1.45 "Noto Sans", system-ui, sans-serif }}
main {{ background: #fff; border-radius: 10px; padding: 30px 36px 32px; box-shadow: 0 10px 40px rgb(0 0 0 / 18%) }}
h1 {{ font: 700 24px/1.25 "Noto Serif", Georgia, serif; margin: 0 0 4px }}
p {{ margin: 0; color: #5c5952 }}
.steps {{ display: grid; grid-template-columns: 5.2em 1fr; gap: 9px 18px; margin: 20px 0 0; align-items: center }}
.steps b {{ font: 700 25px/1 "Noto Serif", Georgia, serif; text-align: right }}
.steps div {{ background: #f1e4dc; border-left: 4px solid #9b2226; padding: 7px 12px; white-space: nowrap }}
.reports {{ border-collapse: collapse; width: 100%; margin-top: 18px }}
td {{ padding: 6px 0; font-size: 16px; vertical-align: baseline; border-top: 1px solid #e4e0d8 }}
td.when {{ width: 250px; position: relative }}
td.when i {{ position: absolute; top: 13px; width: 11px; height: 11px; border-radius: 50%; background: #9b2226 }}
td.when i.again {{ background: #d9a9a0 }}
td.when span {{ position: absolute; top: 6px; font-size: 14px; color: #5c5952 }}
td.who {{ width: 215px; font-weight: 600; white-space: nowrap; padding-right: 16px }}
td.who small {{ font-weight: 400; color: #9b2226 }}
.parts {{ display: flex; gap: 3px; margin-top: 24px }}
.parts div {{ background: #9b2226; color: #fff; padding: 8px 10px; white-space: nowrap; font-size: 15px }}
.parts div:nth-child(even) {{ background: #7a5c4d }}
</style><main>{content}</main>"""


def said(folder: Path, *arguments: str) -> dict[str, Any]:
    """What a command says as JSON, in the folder of a run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    config = str(ROOT / "samples" / "config.yaml")
    done = subprocess.run(
        [sys.executable, "-m", "digest", *arguments, "--json", "--config", config],
        cwd=folder, env=kept, check=True, capture_output=True, text=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def funnel(stories: int, explained: Mapping[str, Any], picks: int, account: Mapping[str, Any], readers: int) -> str:
    """From stories to mail: two flights of steps, each as wide as its number."""
    news = [
        (stories, "stories of 14 outlets, read from feeds, pages and texts"),
        (explained["candidates"], "events: reports of one happening are one"),
        (picks, "picked, each with its reasons"),
    ]
    kept_out = ", ".join(f"{count} {_SKIPS.get(why, why)}" for why, count in account["skipped"].items())
    people = [
        (readers, "readers brought in; six broken lines were named and left out"),
        (account["planned"], "planned: on the list at this hour"),
        (account["delivered"], f"have it, once. The others: {kept_out}"),
    ]
    head = "<h1>A morning on the samples</h1><p>What <code>make run</code> does, and says of itself.</p>"
    return head + _steps(news) + _steps(people)


def _steps(steps: list[tuple[int, str]]) -> str:
    most = max(count for count, _ in steps)
    rows = "".join(
        f'<b>{count}</b><div style="width: calc({100 * count / most:.1f}% - 16px)">{escape(words)}</div>'
        for count, words in steps
    )
    return f'<div class="steps">{rows}</div>'


def coverage(explained: Mapping[str, Any]) -> str:
    """One event: who reported it when, and what that makes of its score."""
    stories = sorted(explained["stories"], key=lambda one: one["published_at"])
    pick = explained["pick"]
    parts = [(part["name"], part["value"], part["detail"]) for part in pick["parts"] if part["value"] > 0.005]
    width = sum(value for _, value, _ in parts)
    bar = "".join(
        f'<div style="flex: {max(value, 0.16 * width):.3f} 1 0">{value:+.2f} {escape(detail.partition(":")[0])}</div>'
        for _, value, detail in parts
    )
    head = (
        f"<h1>{escape(pick['headline'])}</h1>"
        f"<p>One event: {len(stories)} reports, {len(explained['votes'])} votes, {len(pick['wires'])} wires. "
        f"Rank 1 of {explained['candidates']}, score {pick['score']:.2f}.</p>"
    )
    rows = "".join(_reports(stories, set(pick["wires"])))
    return f'{head}<table class="reports">{rows}</table><div class="parts">{bar}</div>'


def _reports(stories: list[dict[str, Any]], wires: set[str]) -> Iterator[str]:
    times = [datetime.fromisoformat(one["published_at"]) for one in stories]
    span = (times[-1] - times[0]).total_seconds() or 1.0
    seen: set[str] = set()
    for one, time in zip(stories, times, strict=True):
        left = 170 * (time - times[0]).total_seconds() / span
        again = ' class="again"' if one["owner"] in seen else ""
        seen.add(one["owner"])
        wire = " <small>wire</small>" if one["outlet"] in wires else ""
        yield (
            f'<tr><td class="when"><i{again} style="left: {left:.0f}px"></i>'
            f'<span style="left: {left + 18:.0f}px">{time:%H:%M}</span></td>'
            f'<td class="who">{escape(one["outlet"])}{wire}</td><td>{escape(one["headline"])}</td></tr>'
        )


def draw_readme(own: Browser, folder: Path, target: Path) -> list[Path]:
    """Draw both pictures from the run in `folder`, whose own words are its `run.json`. Returns their paths."""
    explained = said(folder, "explain", EDITION, "1")
    account = said(folder, "audit", EDITION)
    shown = json.loads((folder / "run.json").read_text("utf-8"))
    readers = said(folder, "lists", "show")["lists"][0]
    drawn: list[Path] = []
    stories, everybody = shown["collected"]["entries"], sum(readers["readers"].values())
    pictures = {
        "funnel": funnel(stories, explained, len(shown["picks"]), account, everybody),
        "coverage": coverage(explained),
    }
    for name, content in pictures.items():
        page = own.new_page(viewport={"width": WIDTH, "height": 400})
        page.set_content(_PAGE.format(width=WIDTH, content=content))
        drawn.append(target / f"{name}.png")
        page.screenshot(path=drawn[-1], full_page=True)
        page.close()
    return drawn
