"""Collecting 100 feeds of 50 items from loopback servers with 50 ms latency, ten of them failing.

    python -m benchmarks.collect

Every feed has an address of its own (127.0.1.1 to 127.0.1.100), as real feeds have hosts of their own: a host is asked
once a second. Of the ten, four answer 503, three never answer, and nobody listens at three. The bar: at most 1.5 times
what the slowest source takes alone. The bounds are the shipped ones, so a server that never answers costs its 45 s, and
this some two minutes.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from digest.settings import Settings
from digest.wiring import open_app
from digest.workflow.stories.collect import collect

FEEDS, ITEMS, LATENCY = 100, 50, 0.05
BUSY, SILENT, ABSENT = range(4), range(4, 7), range(7, 10)


def feed(number: int) -> bytes:
    """RSS with whole texts."""
    text = "The harbour master said that the ferry would stay in port until its engine had been looked at. " * 8
    items = "".join(
        f"<item><title>Feed {number} tells happening {place} of the day</title>"
        f"<link>https://outlet{number}.example/{place}</link><description>{text}</description>"
        f"<pubDate>Fri, 08 Apr 2022 0{place % 10}:00:00 GMT</pubDate></item>"
        for place in range(ITEMS)
    )
    return f"<rss version='2.0'><channel><title>Outlet {number}</title>{items}</channel></rss>".encode()


async def serve() -> None:
    """Listen on FEEDS addresses, say them on one line, and answer until the process is ended."""

    async def answering(number: int) -> asyncio.Server:
        content = feed(number)

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(LATENCY)
            robots = request.startswith(b"GET /robots.txt")
            if number in SILENT and not robots:
                await asyncio.sleep(3600)
            status, body = (b"404 Not Found", b"") if robots else (b"200 OK", content)
            if number in BUSY and not robots:
                status, body = b"503 Service Unavailable", b""
            head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body))
            writer.write(head + body)
            await writer.drain()
            writer.close()

        return await asyncio.start_server(answer, f"127.0.1.{number + 1}", 0)

    servers = [await answering(number) for number in range(FEEDS)]
    places = ["{}:{}".format(*server.sockets[0].getsockname()) for server in servers]
    for number in ABSENT:
        servers[number].close()
    print(" ".join(places), flush=True)
    await asyncio.sleep(3600)


def settings(folder: Path, places: list[str]) -> Settings:
    """Every address a source."""
    return Settings(
        var_dir=folder,
        storage={"url": f"sqlite:///{folder / 'digest.db'}"},
        provider={"outbox": {"path": folder / "outbox"}},
        fetching={"trusted": places},
        sources=[
            {"slug": f"feed-{number}", "kind": "feed", "outlet": f"Outlet {number}", "url": f"http://{place}/"}
            for number, place in enumerate(places)
        ],
        newsletters=[
            {
                "slug": "world", "name": "World", "list": "world", "publisher": "P", "postal_address": "A",
                "sender": {"name": "W", "email": "w@example.org"}, "sections": [{"slug": "world", "title": "World"}],
            }
        ],
    )  # fmt: skip


def measure(places: list[str]) -> None:
    """Each kind of source alone, then all of them together."""
    with tempfile.TemporaryDirectory() as name:
        alone: dict[str, float] = {}
        with open_app(settings(Path(name), places)) as app:
            for kind, number in (("good", 20), ("503", BUSY[0]), ("silent", SILENT[0]), ("absent", ABSENT[0])):
                began = time.perf_counter()
                try:
                    app.sources[f"feed-{number}"].read(datetime.now(UTC))
                except Exception as error:  # noqa: BLE001 - whatever it is: what is measured is how long it takes
                    print(f"  {kind}: {error}")
                alone[kind] = time.perf_counter() - began
        print("alone: " + ", ".join(f"{kind} {seconds:.2f} s" for kind, seconds in alone.items()))
        with open_app(settings(Path(name), places)) as app:
            began, busy = time.perf_counter(), time.process_time()
            found = collect(app, app.newsletters["world"])
            seconds = time.perf_counter() - began
            busy = time.process_time() - busy
        slowest = max(alone.values())
        print(
            f"together: {found.sources} sources, {found.new:,} new stories, {len(found.failed)} failures reported, "
            f"{seconds:.2f} s = {seconds / slowest:.2f} times the slowest alone ({slowest:.2f} s); "
            f"{busy:.1f} s of processor time"
        )


def main() -> None:
    """Start the servers in a process of their own, measure, and end them."""
    if sys.argv[1:] == ["--serve"]:
        asyncio.run(serve())
        return
    command = [sys.executable, "-m", "benchmarks.collect", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            measure((server.stdout.readline() if server.stdout else "").split())
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
