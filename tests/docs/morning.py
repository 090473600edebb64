"""What a reader of the tutorial has and a test has not: feeds with news of this morning, and a relay that takes mail.

`python -m tests.docs.morning feeds` puts feeds of our own into config.yaml in place of those on the web;
`python -m tests.docs.morning relay FOLDER` takes mail on a free port, prints the port, and goes on in the background.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from xml.sax.saxutils import escape

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP

_HAPPENINGS = (
    ("Parliament in Lisbon passes the water law", "The law limits what farms may draw from rivers in dry years."),
    ("Ferry line to the outer islands opens again", "The landing stage was torn away by a storm three weeks ago."),
    ("Earthquake of magnitude 6.1 shakes northern Chile", "Schools stay closed; nobody was reported killed by noon."),
    ("Nurses in Nairobi end their strike after a pay deal", "The union says that wards are staffed from Monday."),
    ("Japan lowers its forecast for growth this year", "Exports of cars fell for the fourth month in a row."),
    ("Talks on the fishing treaty begin in Oslo", "Eleven countries want a limit for herring in the North Sea."),
    ("Court in Ottawa stops the northern pipeline", "The judges say that two communities were never asked."),
    ("A new vaccine against malaria is tried in Ghana", "Twenty thousand children will be given it in the first year."),
    ("Floods cut the railway between Dhaka and Sylhet", "The army brings food to four districts by boat."),
    ("Voters in Uruguay choose a new president", "Polls close at eight in the evening, counting goes on overnight."),
)
_OUTLETS = {"harbour-desk": "The Harbour Desk", "northern-wire": "Northern Wire"}


def feeds() -> None:
    """Write two feeds of this morning and make them the only sources of config.yaml in this folder."""
    lines = ["sources:"]
    for slug, outlet in _OUTLETS.items():
        folder = Path("feeds") / slug
        folder.mkdir(parents=True)
        (folder / "world.xml").write_text(_feed(slug, outlet), "utf-8")
        lines.append(
            f"  - {{slug: {slug}, kind: folder, path: {folder}, outlet: {outlet}, country: GB, section: World}}"
        )
    config = Path("config.yaml")
    before, _, rest = config.read_text("utf-8").partition("sources:\n")
    after = rest[rest.index("\nnewsletters:") :]
    config.write_text(before + "\n".join(lines) + "\n" + after, "utf-8")


def _feed(slug: str, outlet: str) -> str:
    published = format_datetime(datetime.now(UTC) - timedelta(hours=3))
    entries = "".join(
        f"<item><title>{escape(title)}</title><link>https://{slug}.example/{place}</link>"
        f"<pubDate>{published}</pubDate><description>{escape(text)} {outlet} was told so.</description></item>\n"
        for place, (title, text) in enumerate(_HAPPENINGS)
    )
    return (
        f'<?xml version="1.0"?>\n<rss version="2.0"><channel><title>{outlet}</title>'
        f"<link>https://{slug}.example/</link>\n{entries}</channel></rss>\n"
    )


async def relay(folder: Path) -> None:
    """Take mail into a Maildir for as long as whoever started this lives, ten minutes at most."""
    mailbox = Mailbox(folder)
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(mailbox), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    parent, end = os.getppid(), time.monotonic() + 600
    while os.getppid() == parent and time.monotonic() < end:
        await asyncio.sleep(0.2)
    server.close()


if __name__ == "__main__":
    if sys.argv[1] == "feeds":
        feeds()
    else:
        asyncio.run(relay(Path(sys.argv[2])))
