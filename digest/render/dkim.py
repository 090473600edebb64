"""DKIM signatures (RFC 6376, RFC 8463): relaxed/relaxed, RSA-SHA256 or Ed25519-SHA256, on messages of our own.

The key's kind decides the algorithm. No time stands in a signature: what is sent again is the same, byte for byte.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from digest.model.errors import ConfigError, RenderFailed

SIGNED = (
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
    "List-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "Feedback-ID",
)  # fmt: skip
"""Headers that are signed where they stand. RFC 8058 asks for both of List-Unsubscribe."""
ALONE = frozenset({"from", "to", "subject", "date", "reply-to", "list-unsubscribe", "list-unsubscribe-post"})
"""Signed once more than they stand, so that a second one, added on the way, breaks the signature."""
LEAST_RSA_BITS = 1024
_FOLD_AT = 72

_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?", re.IGNORECASE)
_FOLDING = re.compile(rb"\r\n(?=[ \t])")
_BLANKS = re.compile(rb"[ \t]+")


class DkimSigner:
    """Signs messages for one domain with one key. Thread-safe."""

    def __init__(self, *, domain: str, selector: str, key: bytes) -> None:
        """`key` is a private key as PEM, not encrypted. Raises ConfigError where something of it cannot be used."""
        if not _DOMAIN.fullmatch(domain):
            raise ConfigError(f"dkim.domain: {domain!r} is not a domain in plain lower case")
        if not _SELECTOR.fullmatch(selector):
            raise ConfigError(f"dkim.selector: {selector!r} may hold letters, digits, '.', '_' and '-' only")
        self._key = _private(key)
        self._algorithm = "rsa-sha256" if isinstance(self._key, RSAPrivateKey) else "ed25519-sha256"
        self._domain = domain
        self._selector = selector

    @property
    def record_name(self) -> str:
        """Where the public key has to stand in the DNS."""
        return f"{self._selector}._domainkey.{self._domain}"

    @property
    def record(self) -> str:
        """What has to stand there, as TXT."""
        public = self._key.public_key()
        if isinstance(self._key, RSAPrivateKey):
            written = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return f"v=DKIM1; k=rsa; p={b64encode(written).decode('ascii')}"
        written = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={b64encode(written).decode('ascii')}"

    def signed(self, message: bytes) -> bytes:
        """The message, whose lines end in CRLF, with its DKIM-Signature before it.

        Raises RenderFailed where it has no From or no end of its headers.
        """
        head, gap, body = message.partition(b"\r\n\r\n")
        if not gap:
            raise RenderFailed("dkim", "the message has no empty line after its headers")
        if body and not body.endswith(b"\r\n"):
            # Readers of signatures disagree on what the blanks of such a line are.
            raise RenderFailed("dkim", "the message's last line has no end")
        headers = _headers(head)
        if b"from" not in headers:
            raise RenderFailed("dkim", "the message has no From")
        names = _signed_names(headers)
        unsigned = self._header(names, _body_hash(body))
        taken: dict[bytes, int] = {}
        lines = []
        for name in names:
            key = name.lower().encode("ascii")
            # From the last upwards (RFC 6376, section 5.4.2); the one that is not there adds nothing.
            standing, used = headers.get(key, []), taken.get(key, 0)
            taken[key] = used + 1
            if used < len(standing):
                lines.append(key + b":" + standing[-1 - used])
        lines.append(b"dkim-signature:" + _relaxed(unsigned.partition(b":")[2]))
        signature = b64encode(self._sign(b"\r\n".join(lines)))
        return unsigned + _folded(signature) + b"\r\n" + message

    def _header(self, names: list[str], body_hash: bytes) -> bytes:
        """The header up to its empty `b=`, folded."""
        listed = _wrapped(names)
        return (
            f"DKIM-Signature: v=1; a={self._algorithm}; c=relaxed/relaxed; d={self._domain};\r\n"
            f" s={self._selector};\r\n"
            f" h={listed};\r\n"
            f" bh={b64encode(body_hash).decode('ascii')};\r\n"
            f" b="
        ).encode("ascii")

    def _sign(self, lines: bytes) -> bytes:
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(lines, PKCS1v15(), SHA256())
        # RFC 8463: it is the hash that is signed, so that a small device need not see the whole.
        return self._key.sign(hashlib.sha256(lines).digest())


def _private(pem: bytes) -> RSAPrivateKey | Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # The library's words may hold a piece of the file.
        raise ConfigError("dkim.key_file: holds no private key in PEM without a password") from error
    if isinstance(key, RSAPrivateKey):
        if key.key_size < LEAST_RSA_BITS:
            raise ConfigError(f"dkim.key_file: an RSA key of {key.key_size} bits; nobody believes less than 1024")
        return key
    if isinstance(key, Ed25519PrivateKey):
        return key
    raise ConfigError("dkim.key_file: the key is neither RSA nor Ed25519")


def _headers(head: bytes) -> dict[bytes, list[bytes]]:
    """Lower-case name -> relaxed values, in order."""
    found: dict[bytes, list[bytes]] = {}
    for line in _FOLDING.sub(b"", head).split(b"\r\n"):
        name, _, value = line.partition(b":")
        found.setdefault(name.strip().lower(), []).append(_relaxed(value))
    return found


def _relaxed(value: bytes) -> bytes:
    return _BLANKS.sub(b" ", _FOLDING.sub(b"", value)).strip(b" \t")


def _signed_names(headers: dict[bytes, list[bytes]]) -> list[str]:
    names = []
    for name in SIGNED:
        standing = len(headers.get(name.lower().encode("ascii"), ()))
        names += [name] * (standing + (name.lower() in ALONE))
    return names


def _body_hash(body: bytes) -> bytes:
    """SHA-256 of the relaxed body: runs of blanks are one, none at the end of a line, no empty lines at the end."""
    body = body.replace(b"\t", b" ")  # a regular expression would take fifty times as long
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    bare = body.replace(b" \r\n", b"\r\n").rstrip(b" \r\n")
    return hashlib.sha256(bare + b"\r\n" if bare else b"").digest()


def _wrapped(names: list[str]) -> str:
    lines = [""]
    for number, name in enumerate(names):
        step = name if number == len(names) - 1 else name + ":"
        if len(lines[-1]) + len(step) > _FOLD_AT:
            lines.append("")
        lines[-1] += step
    return "\r\n ".join(lines)


def _folded(signature: bytes) -> bytes:
    pieces = [signature[start : start + _FOLD_AT] for start in range(0, len(signature), _FOLD_AT)]
    return b"\r\n ".join(pieces)
