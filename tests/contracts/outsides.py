"""The outside world of each provider, in one shape, so that one suite can be run on all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from digest.ports import Provider
from digest.providers.mailgun import MailgunProvider
from digest.providers.outbox import OutboxProvider
from digest.providers.postmark import PostmarkProvider
from digest.providers.resend import ResendProvider
from digest.providers.sendgrid import SendGridProvider
from digest.providers.ses import SesProvider
from digest.providers.smtp import SmtpProvider
from tests.servers import mailgun_api, postmark_api, resend_api, sendgrid_api, ses_api, smtp_sink
from tests.servers.http_door import HttpDoor
from tests.servers.letters import Letter, from_bytes, from_sendgrid
from tests.servers.mailgun_api import MailgunServer
from tests.servers.postmark_api import PostmarkServer
from tests.servers.resend_api import ResendServer
from tests.servers.sendgrid_api import SendGridServer
from tests.servers.ses_api import SesServer
from tests.servers.smtp_sink import SmtpSink


class Trouble(StrEnum):
    """What goes wrong, in words that fit every provider."""

    LATER = "a clear no for now"
    GONE = "the connection is lost before the last byte"
    LOST_ANSWER = "taken, and the answer is lost"
    NO_ANSWER = "taken, and no answer ever comes"
    LOST_QUESTION = "not taken, and no answer either"


def patience(troubles: Iterable[Trouble | None]) -> float:
    """Seconds a provider waits: few where the server will hang, many where a slow machine must not look like it."""
    return 1.0 if isinstance(troubles, list) and Trouble.NO_ANSWER in troubles else 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A provider, and what has come out of it."""

    provider: Provider
    letters: Callable[[], list[Letter]]


Build = Callable[[Path, Iterable[Trouble | None], frozenset[str]], AbstractContextManager[Outside]]
"""(scratch folder, one trouble or None for each call or message, addresses refused for ever)"""


@contextmanager
def outbox(scratch: Path, troubles: Iterable[Trouble | None], refused: frozenset[str]) -> Iterator[Outside]:
    """A Maildir: there is no other side that could refuse or hang."""
    provider = OutboxProvider(scratch / "outbox")

    def letters() -> list[Letter]:
        return [from_bytes(path.read_bytes()) for path in sorted((scratch / "outbox" / "new").glob("*"))]

    yield Outside(provider=provider, letters=letters)
    provider.close()


_SENDGRID = {
    None: sendgrid_api.Fault.NONE,
    Trouble.LATER: sendgrid_api.Fault.TOO_MANY,
    Trouble.GONE: sendgrid_api.Fault.RESET_BEFORE_BODY,
    Trouble.LOST_ANSWER: sendgrid_api.Fault.TAKEN_RESET,
    Trouble.NO_ANSWER: sendgrid_api.Fault.TAKEN_HANG,
    Trouble.LOST_QUESTION: sendgrid_api.Fault.RESET_AFTER_BODY,
}


@contextmanager
def sendgrid(scratch: Path, troubles: Iterable[Trouble | None], refused: frozenset[str]) -> Iterator[Outside]:
    with SendGridServer(faults=(_SENDGRID[trouble] for trouble in troubles), refuse=refused) as server:
        provider = SendGridProvider(api_key=sendgrid_api.KEY, base_url=server.url, timeout=patience(troubles))
        yield Outside(provider=provider, letters=lambda: [from_sendgrid(taken) for taken in server.taken])
        provider.close()


_SMTP = {
    None: smtp_sink.Fault.NONE,
    Trouble.LATER: smtp_sink.Fault.DATA_LATER,
    Trouble.GONE: smtp_sink.Fault.RESET_IN_BODY,
    Trouble.LOST_ANSWER: smtp_sink.Fault.TAKEN_RESET,
    Trouble.NO_ANSWER: smtp_sink.Fault.TAKEN_HANG,
    Trouble.LOST_QUESTION: smtp_sink.Fault.RESET_AFTER_DOT,
}


@contextmanager
def _smtp(troubles: Iterable[Trouble | None], refused: frozenset[str], *, pipelining: bool) -> Iterator[Outside]:
    replies = dict.fromkeys(refused, "550 5.1.1 nobody here")
    with SmtpSink(faults=(_SMTP[trouble] for trouble in troubles), replies=replies, pipelining=pipelining) as sink:
        provider = SmtpProvider(host="127.0.0.1", port=sink.port, timeout=patience(troubles), helo="digest.example")

        def letters() -> list[Letter]:
            found = [from_bytes(taken.content) for taken in sink.taken]
            assert [letter.email for letter in found] == [taken.reader for taken in sink.taken]
            return found

        yield Outside(provider=provider, letters=letters)
        provider.close()
        assert sink.complaints == []


def smtp(scratch: Path, troubles: Iterable[Trouble | None], refused: frozenset[str]) -> AbstractContextManager[Outside]:
    return _smtp(troubles, refused, pipelining=False)


def smtp_pipelined(
    scratch: Path, troubles: Iterable[Trouble | None], refused: frozenset[str]
) -> AbstractContextManager[Outside]:
    return _smtp(troubles, refused, pipelining=True)


def mailgun(
    scratch: Path, troubles: Iterable[Trouble | None], refused: frozenset[str]
) -> AbstractContextManager[Outside]:
    server = MailgunServer(faults=(_SENDGRID[trouble] for trouble in troubles), refuse=refused)
    return _http(
        server,
        lambda: MailgunProvider(
            domain=mailgun_api.DOMAIN, api_key=mailgun_api.KEY, base_url=server.url, timeout=patience(troubles)
        ),
    )


def postmark(
    scratch: Path, troubles: Iterable[Trouble | None], refused: frozenset[str]
) -> AbstractContextManager[Outside]:
    server = PostmarkServer(faults=(_SENDGRID[trouble] for trouble in troubles), refuse=refused)
    return _http(
        server,
        lambda: PostmarkProvider(server_token=postmark_api.TOKEN, base_url=server.url, timeout=patience(troubles)),
    )


def resend(
    scratch: Path, troubles: Iterable[Trouble | None], refused: frozenset[str]
) -> AbstractContextManager[Outside]:
    server = ResendServer(faults=(_SENDGRID[trouble] for trouble in troubles), refuse=refused)
    return _http(
        server,
        lambda: ResendProvider(api_key=resend_api.KEY, base_url=server.url, timeout=patience(troubles)),
    )


@contextmanager
def ses(scratch: Path, troubles: Iterable[Trouble | None], refused: frozenset[str]) -> Iterator[Outside]:
    with SesServer(faults=(_SENDGRID[trouble] for trouble in troubles), refuse=refused) as server:
        provider = SesProvider(
            region=ses_api.REGION,
            access_key_id=ses_api.KEY_ID,
            secret_access_key=ses_api.SECRET,
            endpoint_url=server.url,
            timeout=patience(troubles),
        )

        def letters() -> list[Letter]:
            found = [from_bytes(raw) for raw in server.raw]
            assert [letter.email for letter in found] == [taken.email for taken in server.taken]
            assert [letter.delivery for letter in found] == [taken.custom_args["delivery"] for taken in server.taken]
            return found

        yield Outside(provider=provider, letters=letters)
        provider.close()


@contextmanager
def _http(server: HttpDoor, build: Callable[[], Provider]) -> Iterator[Outside]:
    with server:
        provider = build()
        yield Outside(provider=provider, letters=lambda: [from_sendgrid(taken) for taken in server.taken])
        provider.close()


ALL: dict[str, Build] = {
    "outbox": outbox,
    "sendgrid": sendgrid,
    "smtp": smtp,
    "smtp pipelined": smtp_pipelined,
    "mailgun": mailgun,
    "postmark": postmark,
    "resend": resend,
    "ses": ses,
}
REMOTE = {name: build for name, build in ALL.items() if name != "outbox"}
