"""Letters: the single mails to one person (confirm, welcome, goodbye, …), set like an edition. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime

from digest.model.edition import Edition
from digest.model.errors import RenderFailed
from digest.model.letter import Letter
from digest.model.mail import Rendered, Variant
from digest.model.newsletter import Newsletter, Sender
from digest.render.engine import Engine
from digest.render.headers import ascii_address, header, line, link, mailbox, token
from digest.render.layout import blank, lay_out
from digest.render.letter_texts import FIELDS, TEXTS, Field, LetterText
from digest.render.message import ONE_CLICK, parts_of
from digest.render.palette import palette
from digest.render.renderer import PREHEADER_PADDING, rule, tidied
from digest.render.sheet import Sheet
from digest.render.typeset import one_line, safe_url
from digest.render.words import words_for
from subscribers.model import LetterKind

__all__ = ["Letter", "LetterWriter", "letter_message"]

_DIGITS = re.compile(r"[0-9]{1,6}")
_LONGEST_TEXT = 600


class LetterWriter:
    """Writes letters with the templates of the mail. Equal input, equal bytes."""

    def __init__(self, engine: Engine, *, picture_host: str = "") -> None:
        self._engine = engine
        self._picture_host = picture_host

    def write(
        self, letter: Letter, newsletter: Newsletter, *, latest: Edition | None = None, view_url: str = ""
    ) -> Rendered:
        """The letter in both parts, without slots. Raises RenderFailed, naming the value that may not stand in it.

        `latest` is the edition that a welcome encloses, `view_url` the address of its page.
        """
        values = _checked(letter)
        words = words_for(letter.language, newsletter.language)
        text = TEXTS[letter.kind](words, one_line(newsletter.name), values)
        sheet = blank(newsletter, words, picture_host=self._picture_host)
        if latest is not None and letter.kind is LetterKind.WELCOME:
            variant = Variant(language=words.language)
            sheet = lay_out(latest, newsletter, variant, picture_host=self._picture_host)
        sheet = replace(sheet, subject=one_line(text.subject, 200), preheader=one_line(text.preheader, 140))
        html = self._html(text, sheet, newsletter, safe_url(view_url) or "")
        plain = tidied(
            self._engine.fill(
                "email/letters/letter.txt.j2", letter=text, sheet=sheet, say=words.say, view=view_url, rule=rule
            )
        )
        content = "\0".join((sheet.subject, sheet.preheader, html, plain))
        return Rendered(
            variant=Variant(language=words.language),
            subject=sheet.subject,
            preheader=sheet.preheader,
            html=html,
            text=plain,
            slot_tokens={},
            sha256=hashlib.sha256(content.encode()).hexdigest(),
            warnings=sheet.warnings,
        )

    def _html(self, text: LetterText, sheet: Sheet, newsletter: Newsletter, view: str) -> str:
        return self._engine.compile(
            "email/letters/letter.mjml.j2",
            letter=text,
            sheet=sheet,
            look=palette(newsletter.theme, sheet.lang),
            page=None,
            view=view,
            padding=PREHEADER_PADDING,
            say=words_for(sheet.lang).say,
        )


def letter_message(
    written: Rendered,
    *,
    sender: Sender,
    to: str,
    date: datetime,
    key: str,
    domain: str,
    unsubscribe_url: str = "",
) -> bytes:
    """The whole message of one letter, ready for SMTP: CRLF, ASCII.

    `key` is opaque and the same for every try: it becomes the Message-ID. `to` stands without a name, for a name is
    what a stranger typed. `unsubscribe_url` is for the welcome alone: who has not confirmed is on no list. Raises
    RenderFailed where a header may not be written.
    """
    headers = {
        "To": ascii_address("To", to),
        "From": mailbox("From", sender.name, sender.email),
        "Subject": header("Subject", written.subject),
        "Date": format_datetime(date),
        "Message-ID": f"<{token('Message-ID', key)}@{token('Message-ID', domain)}>",
        # RFC 3834: no absence note, and no robot, shall answer it.
        "Auto-Submitted": "auto-generated",
        "Content-Language": token("Content-Language", written.variant.language),
        "MIME-Version": "1.0",
    }
    if sender.reply_to:
        headers["Reply-To"] = ascii_address("Reply-To", sender.reply_to)
    if unsubscribe_url:
        headers["List-Unsubscribe"] = link("List-Unsubscribe", unsubscribe_url)
        headers["List-Unsubscribe-Post"] = ONE_CLICK
    return b"".join(line(name, value) for name, value in headers.items()) + parts_of(written)


def _checked(letter: Letter) -> dict[str, str]:
    """The values, each of them what its field says. Raises RenderFailed; the message does not repeat the value."""
    fields = FIELDS[letter.kind]
    wrong = set(letter.values) ^ set(fields)
    if wrong:
        raise RenderFailed(f"letter {letter.kind}", f"takes exactly {', '.join(sorted(fields))}; see {min(wrong)!r}")
    return {name: _checked_value(f"letter {letter.kind}", name, fields[name], letter.values[name]) for name in fields}


def _checked_value(place: str, name: str, kind: Field, value: str) -> str:
    if kind is Field.TEXT:
        return one_line(value, _LONGEST_TEXT)
    if kind is Field.NUMBER:
        if not _DIGITS.fullmatch(value):
            raise RenderFailed(place, f"{name} is not a number of at most six digits")
        return value
    if safe_url(value) != value:
        raise RenderFailed(place, f"{name} is not a plain http address")
    return value
