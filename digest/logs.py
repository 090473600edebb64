"""Logs: lines for people on a terminal, JSON elsewhere, and never an address, a token or a key in one (P10)."""

from __future__ import annotations

import logging
import re
import sys
from typing import IO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.types import Processor

from digest.model.secrecy import without_addresses, without_secrets

_DOOR = re.compile(r"/desk/(welcome|link)/[^\s/?#\"'\\<>]+")
_LINK = re.compile(r"(?<![\w.])/([abcdeopuy])/[^\s/?#\"'\\<>]+")
# With a host in front the path begins after a word. Whose host it is does not count: there may be a CDN before ours.
_AWAY = re.compile(
    r"(?:https?:)?//[^\s\"'\\<>]+|(?<![\w./-])[\w-]{1,63}(?:\.[\w-]{1,63}){1,9}(?::\d{1,5})?/[^\s\"'\\<>]+"
)
_SHORT = re.compile(r"/([abcdeopuy])/[^\s/?#\"'\\<>]+")
_TOKEN = re.compile(
    r"(?<![\w.])\d{1,19}\.\d{1,19}\.\d{1,9}\.[A-Za-z0-9_-]{20,}|(?<![a-z2-7])[a-z2-7]{29}\.\d{1,9}\.[a-z2-7]{13}"
)
_KEY = re.compile(
    r"\bSG\.[\w-]{8,}(?:\.[\w-]+)?|(?<=://)[^\s/:@\"']+:[^\s/@\"']+(?=@)|(?<=earer )[^\s\"']{8,}"
    r"|\b(?:dgt|whsec)_[\w+/=-]{8,}"
    # Nobody may have told us of these: Resend's, Mailgun's and Amazon's keys, a login by SMTP, a login in an address.
    r"|\bre_(?=[a-zA-Z_]*\d)\w{16,}|\bkey-[0-9a-f]{32}\b|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|(?<=AUTH PLAIN )[^\s\"']+|(?<=AUTH LOGIN )[^\s\"']+|(?<=password=)[^\s\"'&;]{4,}|(?<=api_key=)[^\s\"'&;]{4,}"
)


def redact(line: str) -> str:
    """The line without e-mail addresses, signed links and their tokens, provider keys and passwords."""
    line = without_secrets(line)
    line = _KEY.sub("[key]", line)
    line = _TOKEN.sub("[token]", line)
    line = _DOOR.sub(r"/desk/\1/[token]", line)
    line = _AWAY.sub(lambda found: _SHORT.sub(r"/\1/[token]", found[0]), line)
    line = _LINK.sub(r"/\1/[token]", line)
    return without_addresses(line)


class _Redacted(ProcessorFormatter):
    """The last step of every line, whoever wrote it: what is redacted here cannot be forgotten elsewhere."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def configure_logs(stream: IO[str] | None = None, *, json: bool | None = None) -> None:
    """Send every log line of this process, the libraries' too, to `stream` (default: stderr).

    `json` None means: JSON unless the stream is a terminal.
    """
    stream = stream or sys.stderr
    as_json = not stream.isatty() if json is None else json
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    last: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        # Plain tracebacks: a handsome one shows the locals, and a local may be a reader.
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    lines = logging.StreamHandler(stream)
    lines.setFormatter(
        _Redacted(foreign_pre_chain=shared, processors=[ProcessorFormatter.remove_processors_meta, *last])
    )
    root = logging.getLogger()
    root.handlers[:] = [lines]
    root.setLevel(logging.INFO)
    # A sweep that takes longer than a minute is no warning: the next one waits its turn.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("httpx").setLevel(logging.WARNING)
