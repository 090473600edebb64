"""E-mail addresses: what we accept, the form we mail, and the keys by which two of them are one mailbox.

Three forms, and why:

- `typed` is what the person wrote, kept for showing it back.
- `key` is the mailbox: the local part exactly as typed, the domain in lower-case ASCII (IDNA). It is also the
  form that goes on the wire. Upper and lower case in the local part stay apart, dots and `+tags` stay: what
  Gmail ignores another provider delivers to somebody else, and we never merge two people silently.
- `fold_key` is `key` in lower case. It only ever *keeps mail back*: suppressions and erasures are matched by
  it, so that `Ana@` who left does not come back as `ana@`. Mixing up two people here costs one a mail;
  the other way round it would cost somebody their unsubscribe.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import idna
from email_validator import EmailNotValidError, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

from subscribers.model import SubscribersError

LONGEST = 254
"""The longest address that SMTP carries, in bytes (RFC 5321, erratum 1690)."""

_ATOM = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+"
_PLAIN = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@([A-Za-z0-9.\-]+)")

# Scripts whose letters pass for Latin ones. A label in one of them is shown as typed only under a top-level
# domain of the same script, as browsers do it.
_LATIN_LOOKALIKES = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "GEORGIAN"})
_ODD_LATIN = frozenset("ıĸŉſ")
_WRITTEN_TOGETHER = (
    frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "LATIN"}),
    frozenset({"CJK", "BOPOMOFO", "LATIN"}),
    frozenset({"CJK", "HANGUL", "LATIN"}),
)


class AddressError(SubscribersError):
    """Text that is no address we mail to. The message is the plain reason and does not repeat the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailAddress:
    """One mailbox. `domain` is lower-case ASCII (IDNA); `local` is ASCII too."""

    typed: str
    local: str
    domain: str

    @property
    def key(self) -> str:
        """The mailbox, unique per subscriber, and the form that goes on the wire."""
        return f"{self.local}@{self.domain}"

    @property
    def fold_key(self) -> str:
        """The mailbox without upper and lower case: for suppressions and erasures only."""
        return f"{self.local.lower()}@{self.domain}"

    @property
    def display(self) -> str:
        """For people: an international domain in its own letters, in punycode where those could deceive."""
        return f"{self.local}@{_shown_domain(self.domain)}"

    @property
    def shown(self) -> str:
        """For people who look for what was typed: that, but `display` for an international domain."""
        return self.display if "xn--" in self.domain else self.typed

    def __str__(self) -> str:
        return self.key


def address_from(key: str, typed: str = "") -> EmailAddress:
    """The address of a stored key, and what the person wrote; nothing is checked again."""
    local, _, domain = key.rpartition("@")
    return EmailAddress(typed=typed or key, local=local, domain=domain)


def parse_address(text: str, *, allow_reserved: bool = False) -> EmailAddress:
    """Read one bare address (no display name, no quotes, no IP literal, ASCII before the @).

    email-validator accepts the documentation domains (`.example`, `example.org`) as RFC 6761 asks, and
    refuses `.test`, `.invalid`, `.local` and the like. `allow_reserved=True` lets `.test` in as well, for
    samples and rehearsals; a production import leaves it off. No DNS is asked.

    Raises AddressError with a plain reason.
    """
    typed = text.strip()
    if len(typed) > LONGEST + 66:
        raise AddressError("The email address is too long.")
    plain = _parse_plain(typed, allow_reserved)
    return plain if plain is not None else _parse_any(typed, allow_reserved)


def parse_domain(text: str, *, allow_reserved: bool = False) -> str:
    """Read a domain (with or without a leading @) into lower-case ASCII. Raises AddressError."""
    domain = text.strip().removeprefix("@")
    if "@" in domain or len(domain) > LONGEST:
        raise AddressError("This is not one domain name.")
    return _ascii_domain(domain, allow_reserved)


def _parse_plain(typed: str, allow_reserved: bool) -> EmailAddress | None:
    """The common form without the validator's cost per address: it sees each domain once.

    A test holds this path to the validator's own answer. None means: not common, ask the validator.
    """
    found = _PLAIN.fullmatch(typed)
    if found is None:
        return None
    local, domain = found.groups()
    if len(local) > 64:
        return None
    ascii_domain = _ascii_domain(domain, allow_reserved)
    if local.lower() in CASE_INSENSITIVE_MAILBOX_NAMES or len(local) + 1 + len(ascii_domain) > LONGEST:
        return None
    return EmailAddress(typed=typed, local=local, domain=ascii_domain)


def _parse_any(typed: str, allow_reserved: bool) -> EmailAddress:
    try:
        found = validate_email(
            typed,
            strict=True,
            allow_smtputf8=False,
            check_deliverability=False,
            test_environment=allow_reserved,
        )
    except EmailNotValidError as error:
        raise AddressError(str(error)) from None
    if found.ascii_local_part is None or "." not in found.ascii_domain:
        raise AddressError("The part after the @-sign is not valid. It should have a period.")
    return EmailAddress(typed=typed, local=found.ascii_local_part, domain=found.ascii_domain.lower())


@lru_cache(maxsize=20_000)
def _ascii_domain(domain: str, allow_reserved: bool) -> str:
    return _parse_any(f"a@{domain}", allow_reserved).domain


def _shown_domain(domain: str) -> str:
    """The domain in its own letters, unless a label could be taken for another one."""
    if "xn--" not in domain:
        return domain
    try:
        shown = idna.decode(domain)
    except idna.IDNAError:
        return domain
    labels = shown.split(".")
    top = _scripts(labels[-1])
    plain = all(_is_plain_to_see(_scripts(label), top) and not _has_odd_latin(label) for label in labels)
    return shown if plain else domain


def _has_odd_latin(label: str) -> bool:
    """Whether it has a Latin letter that is none of a living alphabet's, such as the phonetic ɡ that passes for a g."""
    return any(
        letter in _ODD_LATIN or (letter >= "ƀ" and not unicodedata.decomposition(letter))
        for letter in label
        if unicodedata.name(letter, "").startswith("LATIN")
    )


def _scripts(label: str) -> frozenset[str]:
    """The scripts of a label's letters, by the first word of their Unicode names."""
    return frozenset(unicodedata.name(c, "UNKNOWN").split(" ", 1)[0] for c in label if c.isalpha())


def _is_plain_to_see(scripts: frozenset[str], top: frozenset[str]) -> bool:
    if len(scripts) > 1:
        return any(scripts <= together for together in _WRITTEN_TOGETHER)
    return not scripts & _LATIN_LOOKALIKES or scripts == top
