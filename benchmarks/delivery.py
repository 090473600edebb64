"""How fast mail is written and handed over: `python -m benchmarks.delivery [message] [smtp] [outbox] [sendgrid]`.

Each row stands beside what a plain program does (`EmailMessage` with `smtplib`, the helpers of the `sendgrid` package)
and beside the bare limit, a loop that only writes bytes that were prepared before. Processor time is the sender's
alone: whatever swallows the mail is another process.
"""

from __future__ import annotations

import os
import shutil
import smtplib
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from http.client import HTTPConnection
from pathlib import Path

from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Content, CustomArg, From, Header, Mail, Personalization, Substitution, To

from benchmarks.delivery_sinks import running
from digest.model.delivery import Chunk, ChunkState
from digest.model.mail import Batch, Receipt, Recipient, Rendered, Slot, Variant
from digest.providers.outbox import OutboxProvider
from digest.providers.sendgrid import SendGridProvider
from digest.providers.smtp import SmtpProvider
from digest.render.engine import Engine
from digest.render.message import MessageTemplate
from digest.render.renderer import EditionRenderer
from digest.render.slots import Filler, Substitutes, greeting
from digest.store.journal import FileJournal
from tests.digest.render.editions import BRIEFS, KRAMATORSK, NEWSLETTER, STORIES, with_stories
from tests.servers.letters import ENVELOPE

HTML_BYTES = 60_000
VIEW = "https://digest.example/editions/world/2022-04-08"
CONNECTIONS = 4
LATENCY_MS = 150
CALLS = 160


def main() -> None:
    """Print the rows that are named, or all of them."""
    rendered = _rendered()
    sizes = f"{len(rendered.html.encode()):,} bytes of HTML, {len(rendered.text.encode()):,} of text"
    print(f"{sizes}; load of the machine {os.getloadavg()[0]:.1f}")
    chosen = sys.argv[1:] or list(_ROWS)
    for name in chosen:
        _ROWS[name](rendered)


def _message(rendered: Rendered) -> None:
    filler, template = Filler(rendered), MessageTemplate(rendered, ENVELOPE)
    _row("EmailMessage, written", 30, _each(lambda one: _plain(rendered, filler, one)))
    _row("spliced", 20_000, _each(template.build))
    pieces = [b"x" * 3_000] * 25
    _row("bare: joining 25 pieces, 75 KB", 20_000, _each(lambda _: b"".join(pieces)))


def _smtp(rendered: Rendered) -> None:
    filler, template = Filler(rendered), MessageTemplate(rendered, ENVELOPE)
    with running("smtp") as sink:

        def plain(readers: Sequence[Recipient]) -> None:
            with smtplib.SMTP("127.0.0.1", sink.port) as smtp:
                for one in readers:
                    smtp.sendmail(ENVELOPE.from_email, one.email, _plain(rendered, filler, one))

        _row("EmailMessage, smtplib, kept connection", 90, plain)
        provider = SmtpProvider(host="127.0.0.1", port=sink.port, connections=CONNECTIONS)
        for threads in (1, CONNECTIONS):
            name = f"ours, built and sent, {threads} connection(s)"
            _row(
                name, 20_000, lambda readers, threads=threads: _in_calls(provider.send, rendered, readers, 100, threads)
            )
        with tempfile.TemporaryDirectory() as folder:
            kept = _written_down(provider, FileJournal(Path(folder)))
            _row(
                f"… each reader written down, {CONNECTIONS} connections", 20_000,
                lambda readers: _in_calls(kept, rendered, readers, 100, CONNECTIONS),
            )  # fmt: skip
        provider.close()
        ready = [template.build(one) + b".\r\n" for one in _readers(300)]

        def bare(readers: Sequence[Recipient]) -> None:
            with socket.create_connection(("127.0.0.1", sink.port)) as line, line.makefile("rb") as replies:
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                replies.readline()
                for number, one in enumerate(readers):
                    line.sendall(f"MAIL FROM:<a@b.example>\r\nRCPT TO:<{one.email}>\r\nDATA\r\n".encode())
                    for _ in range(3):
                        replies.readline()
                    line.sendall(ready[number % len(ready)])
                    replies.readline()

        _row("bare: prepared bytes, pipelined", 9_000, bare)


def _written_down(provider: SmtpProvider, journal: FileJournal) -> Callable[[Batch], object]:
    """As the sender does it: whoever is killed leaves behind who was on the wire."""

    def send(batch: Batch) -> Receipt:
        number = int(batch.chunk.partition(".")[0])
        chunk = Chunk(
            id=number, mailing=1, variant="en:all", due_at=ENVELOPE.date, first_seq=0, last_seq=len(batch.recipients),
            state=ChunkState.SENDING, attempt=1, owner="benchmark", sent_at=ENVELOPE.date,
        )  # fmt: skip
        keys = {one.delivery: seq for seq, one in enumerate(batch.recipients)}
        with journal.page(chunk, keys) as page:
            receipt = provider.send_while(batch, lambda: True, page=page)
        journal.forget(chunk)
        return receipt

    return send


def _outbox(rendered: Rendered) -> None:
    filler = Filler(rendered)
    template = MessageTemplate(rendered, ENVELOPE)
    with tempfile.TemporaryDirectory(dir=os.environ.get("DIGEST_BENCH_DIR")) as folder:
        place = Path(folder)

        def plain(readers: Sequence[Recipient]) -> None:
            for one in readers:
                with open(place / "plain", "wb") as file:
                    file.write(_plain(rendered, filler, one))
                    file.flush()
                    os.fsync(file.fileno())
                os.rename(place / "plain", place / one.delivery)

        _row("EmailMessage, one fsync each", 100, plain)
        provider = OutboxProvider(place / "box")
        _row(
            "ours: written, flushed, renamed", 10_000,
            lambda readers: _in_calls(provider.send, rendered, readers, 1_000, 1),
        )  # fmt: skip
        shutil.rmtree(place / "box")
        ready = [template.build(one).replace(b"\r", b"") for one in _readers(300)]
        (place / "bare").mkdir()

        def bare(readers: Sequence[Recipient]) -> None:
            for number, one in enumerate(readers):
                with open(f"{place}/bare/{one.delivery}", "wb", buffering=0) as file:
                    file.write(ready[number % len(ready)])

        _row("bare: prepared bytes, never flushed", 10_000, bare)


def _sendgrid(rendered: Rendered) -> None:
    with running("http", LATENCY_MS) as sink:
        url = f"http://127.0.0.1:{sink.port}"
        helpers = SendGridAPIClient(api_key="SG.key", host=url)
        substitutes = Substitutes(rendered)

        def plain(readers: Sequence[Recipient]) -> None:
            for start in range(0, len(readers), 1_000):
                helpers.send(_by_helpers(substitutes, readers[start : start + 1_000]))

        _calls("the package's helpers, one thread", 10, plain)
        for threads in (8, 12, 16):
            provider = SendGridProvider(api_key="SG.key", base_url=url, concurrency=threads)
            name = f"ours, {threads} threads"
            _calls(name, CALLS, lambda readers, p=provider, n=threads: _in_calls(p.send, rendered, readers, 1_000, n))
            provider.close()
        body = b"x" * 600_000

        def bare_lane(calls: int) -> None:
            line = HTTPConnection("127.0.0.1", sink.port)
            for _ in range(calls):
                line.request("POST", "/v3/mail/send", body)
                line.getresponse().read()
            line.close()

        def bare(readers: Sequence[Recipient]) -> None:
            with ThreadPoolExecutor(16) as pool:
                list(pool.map(bare_lane, [len(readers) // 16_000] * 16))

        _calls("bare: 600 KB written, 16 threads", CALLS, bare)


_ROWS: dict[str, Callable[[Rendered], None]] = {
    "message": _message,
    "smtp": _smtp,
    "outbox": _outbox,
    "sendgrid": _sendgrid,
}


def _each(write: Callable[[Recipient], object]) -> Callable[[Sequence[Recipient]], None]:
    def work(readers: Sequence[Recipient]) -> None:
        for one in readers:
            write(one)

    return work


def _in_calls(
    send: Callable[[Batch], object], rendered: Rendered, readers: Sequence[Recipient], size: int, threads: int
) -> None:
    batches = [
        Batch(chunk=f"{start}.1", envelope=ENVELOPE, rendered=rendered, recipients=tuple(readers[start : start + size]))
        for start in range(0, len(readers), size)
    ]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(send, batches))


def _row(name: str, number: int, work: Callable[[Sequence[Recipient]], object]) -> None:
    """The best of three: what slows one down and not the others is not ours."""
    work(_readers(min(number, 200)))
    found = []
    for turn in range(1, 4):
        readers = _readers(number // 3, first=turn * number)
        spent, wall = time.process_time(), time.perf_counter()
        work(readers)
        found.append((time.process_time() - spent, time.perf_counter() - wall))
    spent, wall = (len(readers) / min(one) for one in zip(*found, strict=True))
    print(f"  {name:42} {spent:10,.0f} messages/s of processor   {wall:10,.0f} on the clock", flush=True)


def _calls(name: str, calls: int, work: Callable[[Sequence[Recipient]], object]) -> None:
    work(_readers(16_000))
    readers = _readers(calls * 1_000, first=16_000)
    began, wall = time.process_time(), time.perf_counter()
    work(readers)
    spent, wall = time.process_time() - began, time.perf_counter() - wall
    rate, each = len(readers) / wall, spent / calls * 1000
    print(f"  {name:42} {rate:10,.0f} readers/s on the clock  {each:6.1f} ms of processor per 1,000", flush=True)


def _rendered() -> Rendered:
    """A real edition, with as many stories as make 60 KB of HTML."""
    stories = [KRAMATORSK, *(story for section in STORIES.values() for story in section), *BRIEFS]
    renderer = EditionRenderer(Engine(Path(__file__).parents[1] / "templates"))
    told = list(stories[:2])
    while True:
        made = renderer.render(with_stories(told), NEWSLETTER, Variant(language="en"), view_url=VIEW)
        if len(made.html.encode()) >= HTML_BYTES:
            return made
        told.append(stories[len(told) % len(stories)])


def _readers(number: int, first: int = 0) -> list[Recipient]:
    return [_reader(n) for n in range(first, first + number)]


def _reader(number: int) -> Recipient:
    leave = f"https://digest.example/u/{number}.7.1.{'kE3-xQ9_' * 5}abc"
    name = ("Ann", "Zoë", "علي حسن", "José Ñandú", "")[number % 5]
    return Recipient(
        delivery=f"aaaaaaaadqaaaaaaa{number:08}",
        email=f"reader{number}@readers.example",
        name=name,
        slots={
            Slot.NAME: greeting("en", name),
            Slot.UNSUBSCRIBE: leave,
            Slot.PREFERENCES: f"https://digest.example/p/{number}.7.1.{'kE3-xQ9_' * 5}abc",
            Slot.VIEW: VIEW,
        },
        unsubscribe_url=leave,
    )


def _plain(rendered: Rendered, filler: Filler, reader: Recipient) -> bytes:
    message = EmailMessage(policy=SMTP.clone(max_line_length=998))
    message["Subject"] = rendered.subject
    message["From"] = Address(ENVELOPE.from_name, addr_spec=ENVELOPE.from_email)
    message["To"] = Address(reader.name, addr_spec=reader.email)
    message["Message-ID"] = f"<{reader.delivery}@digest.example>"
    message["List-Unsubscribe"] = f"<{reader.unsubscribe_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(filler.text(reader.slots), cte="quoted-printable")
    message.add_alternative(filler.html(reader.slots), subtype="html", cte="quoted-printable")
    return bytes(message)


def _by_helpers(substitutes: Substitutes, readers: Sequence[Recipient]) -> Mail:
    mail = Mail(From(ENVELOPE.from_email, ENVELOPE.from_name), subject="News")
    mail.add_content(Content("text/plain", substitutes.text))
    mail.add_content(Content("text/html", substitutes.html))
    for reader in readers:
        one = Personalization()
        one.add_to(To(reader.email))
        one.add_header(Header("List-Unsubscribe", f"<{reader.unsubscribe_url}>"))
        one.add_header(Header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
        one.add_custom_arg(CustomArg("delivery", reader.delivery))
        for token, value in substitutes.values(reader.slots).items():
            one.add_substitution(Substitution(token, value))
        mail.add_personalization(one)
    return mail


if __name__ == "__main__":
    main()
