"""What the DNS says about the domain that mail comes from: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import dns.exception
import dns.resolver

if TYPE_CHECKING:
    from digest.settings import Settings

Answer = tuple[Literal["ok", "warn", "fail"], str, str, str]
"""Level, what was looked at, what was found, what to do."""
SECONDS = 5.0
"""For each question, all servers together."""


def look(
    settings: Settings, resolver: dns.resolver.Resolver | None = None, *, seconds: float = SECONDS
) -> Iterator[Answer]:
    """Every From domain of the configuration, each once."""
    asked = resolver or dns.resolver.Resolver()
    asked.lifetime = seconds
    for domain in sorted({one.sender.email.rpartition("@")[2].lower() for one in settings.newsletters}):
        if _reserved(domain):
            fix = "name a domain of yours in newsletters.sender.email"
            yield "warn", "From domain", f"{domain} is reserved for examples: nobody takes mail from it", fix
            continue
        try:
            yield _spf(asked, domain)
            yield _dmarc(asked, domain)
            yield from _dkim(asked, domain, settings)
        except dns.exception.DNSException as error:
            fix = "look at this machine's way to the network, and try again"
            yield "warn", "DNS", f"{domain}: no answer ({type(error).__name__})", fix


def _reserved(domain: str) -> bool:
    """RFC 2606."""
    if domain.rpartition(".")[2] in ("example", "test", "invalid", "localhost"):
        return True
    return ".".join(domain.split(".")[-2:]) in ("example.com", "example.org", "example.net")


def texts(resolver: dns.resolver.Resolver, name: str) -> list[str]:
    """TXT records of a name, each put together of its strings; empty where there is none. Raises DNSException."""
    try:
        found = resolver.resolve(name, "TXT")
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    return [b"".join(record.strings).decode("utf-8", "replace") for record in found]


def _spf(resolver: dns.resolver.Resolver, domain: str) -> Answer:
    records = [text for text in texts(resolver, domain) if re.match(r"v=spf1(?: |$)", text, re.IGNORECASE)]
    if len(records) > 1:
        fix = "keep one: with two, every receiver says permerror (RFC 7208, 4.5)"
        return "fail", "SPF", f"{domain} has {len(records)} SPF records", fix
    if not records:
        fix = f"add a TXT record at {domain}, as your provider's set-up page says, such as v=spf1 include:… ~all"
        return "warn", "SPF", f"{domain} has no SPF record", fix
    if re.search(r"(?:^| )\+?all$", records[0].strip(), re.IGNORECASE):
        return (
            "fail",
            "SPF",
            f"{domain}: {records[0]}",
            "end it with ~all or -all: as it stands everybody may send as you",
        )
    return "ok", "SPF", f"{domain}: {records[0]}", ""


def _dmarc(resolver: dns.resolver.Resolver, domain: str) -> Answer:
    # A subdomain without a record of its own has that of the domain above it (RFC 7489, 6.6.3).
    parts = domain.split(".")
    for name in dict.fromkeys([domain, ".".join(parts[-3:]), ".".join(parts[-2:])]):
        records = [text for text in texts(resolver, f"_dmarc.{name}") if text.lower().startswith("v=dmarc1")]
        if len(records) > 1:
            return "fail", "DMARC", f"_dmarc.{name} has {len(records)} records", "keep one: with two there is none"
        if records:
            policy = re.search(r"\bp=(\w+)", records[0])
            if policy is None:
                return "fail", "DMARC", f"_dmarc.{name}: {records[0]}", "it names no policy: add p=none or more"
            return "ok", "DMARC", f"{name}: p={policy[1]}", ""
    fix = f"add a TXT record at _dmarc.{domain}: v=DMARC1; p=none; large mailbox providers want one of bulk senders"
    return "warn", "DMARC", f"{domain} has no DMARC record", fix


def _dkim(resolver: dns.resolver.Resolver, domain: str, settings: Settings) -> Iterator[Answer]:
    if settings.provider.kind == "sendgrid":
        found = [name for name in ("s1", "s2") if texts(resolver, f"{name}._domainkey.{domain}")]
        if len(found) == 2:
            yield "ok", "DKIM", f"{domain}: s1 and s2 are there", ""
        else:
            fix = "finish SendGrid's domain authentication (Settings, Sender Authentication): three CNAME records"
            yield "warn", "DKIM", f"{domain}: {'none' if not found else found[0] + ' alone'} of s1 and s2 is there", fix
        return
    dkim = settings.provider.smtp.dkim
    if settings.provider.kind != "smtp" or not dkim.domain or dkim.key_file is None:
        return
    yield _own_key(resolver, f"{dkim.selector}._domainkey.{dkim.domain}", dkim.key_file.read_bytes())


def _own_key(resolver: dns.resolver.Resolver, name: str, private: bytes) -> Answer:
    records = texts(resolver, name)
    expected = public_record(private)
    if not records:
        return "fail", "DKIM", f"{name} is not there: no receiver can check our signature", f"add TXT: {expected}"
    published = dict(re.findall(r"(\w+)\s*=\s*([^;]*)", records[0]))
    wanted = dict(re.findall(r"(\w+)\s*=\s*([^;]*)", expected))
    try:
        same = base64.b64decode(re.sub(r"\s", "", published.get("p", ""))) == base64.b64decode(wanted["p"])
    except binascii.Error:
        same = False
    if not same:
        return "fail", "DKIM", f"{name} holds another key than provider.smtp.dkim.key_file", f"set TXT: {expected}"
    return "ok", "DKIM", f"{name} holds our key", ""


def public_record(private: bytes) -> str:
    """The TXT record that belongs to a private key in PEM. Raises ValueError for a key of another kind."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    key = load_pem_private_key(private, password=None)
    if isinstance(key, Ed25519PrivateKey):
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"
    if isinstance(key, RSAPrivateKey):
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={base64.b64encode(spki).decode()}"
    raise ValueError("the key is neither RSA nor Ed25519")
