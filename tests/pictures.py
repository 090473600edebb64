"""The pictures of README and docs, drawn from a real run on the samples: `make pictures`.

Whoever draws them anew looks at them before committing.
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser import Scheme, browser, opened
from tests.desk_pictures import EVERY, LANGUAGES, draw_desk
from tests.readme_pictures import draw_readme

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
TO_LOOK_AT = ROOT / "build" / "pictures"
"""Every screen of the desk at 360, 768 and 1280 px, light and dark, English and French; not in the repository."""
HEIGHT = 1010
"""CSS pixels of a mail that a picture shows; the rest of it is the same again."""

_VIEWS: tuple[tuple[int, Scheme], ...] = ((640, "light"), (375, "dark"))
_STAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 40px; background: #e9e6df; width: 1055px }}
body {{ display: flex; gap: 40px; align-items: flex-start }}
img {{ display: block; border-radius: 10px; box-shadow: 0 10px 40px rgb(0 0 0 / 25%) }}
</style><img width="640" src="data:image/png;base64,{0}"><img width="375" src="data:image/png;base64,{1}">"""


def run_samples(folder: Path) -> Path:
    """Do the main job on the samples in `folder`; returns the preview's HTML file. `run.json` is what the run said."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    config = str(ROOT / "samples" / "config.yaml")
    readers = str(ROOT / "samples" / "subscribers.csv")
    for arguments in (
        ["subscribers", "import", readers, "--list", "world", "--consent", "a form"],
        ["run", "world", "--date", "2022-04-08"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "digest", *arguments, "--json", "--config", config],
            cwd=folder,
            env=kept,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    (folder / "run.json").write_bytes(done.stdout)
    return folder / "var" / "preview" / "world-2022-04-08.html"


def with_pictures(preview: Path) -> str:
    """The preview's HTML, its pictures inside of it: no server hands them out here."""
    kept = preview.parents[1] / "pictures"

    def inside(found: re.Match[str]) -> str:
        return "data:image/jpeg;base64," + base64.b64encode((kept / found[1]).read_bytes()).decode("ascii")

    return re.sub(r"http://127\.0\.0\.1:8025/pictures/([0-9a-f]{40}\.jpg)", inside, preview.read_text("utf-8"))


def mail(own: Browser, html: str, width: int, scheme: Scheme) -> bytes:
    """A PNG of the top of a mail."""
    with opened(own, html, width=width, scheme=scheme) as page:
        return page.screenshot(clip={"x": 0, "y": 0, "width": width, "height": HEIGHT}, full_page=True)


def draw_digest(own: Browser, html: str, target: Path) -> None:
    """The digest on a desktop in light and on a phone in dark, side by side."""
    shots = [base64.b64encode(mail(own, html, width, scheme)).decode("ascii") for width, scheme in _VIEWS]
    page = own.new_page(viewport={"width": 1135, "height": HEIGHT + 80})
    page.set_content(_STAGE.format(*shots))
    target.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=target)
    page.close()


def main() -> None:
    """Draw every picture of the docs."""
    with tempfile.TemporaryDirectory() as folder:
        html = with_pictures(run_samples(Path(folder)))
        with browser() as own:
            draw_digest(own, html, PICTURES / "digest.png")
            drawn = [PICTURES / "digest.png", *draw_readme(own, Path(folder), PICTURES)]
            drawn += draw_desk(own, PICTURES / "desk")
            for language in LANGUAGES:
                drawn += draw_desk(own, TO_LOOK_AT / language, EVERY, language)
    for one in drawn:
        print(f"drawn: {one.relative_to(ROOT)}")
    print("look at them before you commit them")


if __name__ == "__main__":
    main()
