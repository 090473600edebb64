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

_HARBOUR = (
    (
        "Parliament in Lisbon passes the water law",
        "Deputies voted 121 to 98 on Sunday to limit what farms may draw from rivers in dry years. Growers in "
        "the Alentejo want to be paid for the harvests that they expect to lose.",
    ),
    (
        "Earthquake of magnitude 6.1 shakes northern Chile",
        "Houses swayed in Iquique and Arica shortly before dawn. Schools stay closed until engineers have "
        "looked at them; the civil protection agency knew of nobody killed by noon.",
    ),
    (
        "Nurses in Nairobi end their strike after a pay deal",
        "Wards of the Kenyatta hospital are staffed again from Monday. The union accepted a rise of eleven "
        "per cent over two years and the return of all who had been dismissed.",
    ),
    (
        "Japan lowers its forecast for growth this year",
        "The cabinet office in Tokyo expects 0.4 per cent instead of 1.1. Exports of cars fell for the fourth "
        "month in a row, and a weak yen makes fuel and flour dear.",
    ),
    (
        "Talks on herring quotas begin in Oslo",
        "Delegations of eleven coastal states meet in Norway to agree on a limit for the North Sea. "
        "Biologists advise to halve the catch; skippers from Scotland and Denmark object.",
    ),
    (
        "Court in Ottawa stops the northern pipeline",
        "The judges found that two First Nations had never been asked before the permit was signed. The "
        "company may appeal, and says that eight hundred jobs hang on it.",
    ),
)
_WIRE = (
    (
        "Strong quake hits Chile's far north",
        "An earthquake of magnitude 6.1 struck off Iquique in northern Chile, the seismological centre said. "
        "The navy saw no danger of a tsunami, and mines near Arica went on working.",
    ),
    (
        "Portugal limits water for farms in dry years",
        "Portugal's parliament passed a law that lets the river authorities turn off irrigation when "
        "reservoirs sink below a third. Farmers of the Alentejo protested in Lisbon before the vote.",
    ),
    (
        "Malaria vaccine trial starts in Ghana",
        "Twenty thousand children around Kumasi are to be given a new vaccine within a year. Researchers of "
        "three universities compare it with the one that is in use.",
    ),
    (
        "Flood cuts railway between Dhaka and Sylhet",
        "The Surma left its banks after four days of rain in Bangladesh. Soldiers bring rice and drinking "
        "water to villages by boat; repairs of the embankment will take weeks.",
    ),
)
_OUTLETS = {"harbour-desk": ("The Harbour Desk", _HARBOUR), "northern-wire": ("Northern Wire", _WIRE)}


def feeds() -> None:
    """Write two feeds of this morning and make them the only sources of config.yaml in this folder."""
    lines = ["sources:"]
    for slug, (outlet, reports) in _OUTLETS.items():
        folder = Path("feeds") / slug
        folder.mkdir(parents=True)
        (folder / "world.xml").write_text(_feed(slug, outlet, reports), "utf-8")
        lines.append(
            f"  - {{slug: {slug}, kind: folder, path: {folder}, outlet: {outlet}, country: GB, section: World}}"
        )
    config = Path("config.yaml")
    before, _, rest = config.read_text("utf-8").partition("sources:\n")
    after = rest[rest.index("\nnewsletters:") :]
    config.write_text(before + "\n".join(lines) + "\n" + after, "utf-8")


def _feed(slug: str, outlet: str, reports: tuple[tuple[str, str], ...]) -> str:
    published = format_datetime(datetime.now(UTC) - timedelta(hours=3))
    entries = "".join(
        f"<item><title>{escape(title)}</title><link>https://{slug}.example/{place}</link>"
        f"<pubDate>{published}</pubDate><description>{escape(text)}</description></item>\n"
        for place, (title, text) in enumerate(reports)
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
