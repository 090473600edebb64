"""What the DNS says about the domain that mail comes from: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import dns.exception
import dns.resolver

if TYPE_CHECKING:
    from digest.settings import Settings
    from digest.settings.newsletters import NewsletterSettings

Answer = tuple[Literal["ok", "warn", "fail"], str, str, str]
"""Level, what was looked at, what was found, what to do."""
SECONDS = 5.0
"""For each question, all servers together."""


def look(
    settings: Settings, resolver: dns.resolver.Resolver | None = None, *, seconds: float = SECONDS
) -> Iterator[Answer]:
    """Every From domain of the configuration, each once."""
    try:
        asked = resolver or dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration as error:
        yield "warn", "DNS", f"this machine: no answer ({type(error).__name__})", "name a resolver in /etc/resolv.conf"
        return
    asked.lifetime = seconds
    for domain in sorted({one.sender.email.rpartition("@")[2].lower() for one in settings.newsletters}):
        if _reserved(domain):
            fix = "name a domain of yours in newsletters.sender.email"
            yield "warn", "From domain", f"{domain} is reserved for examples: nobody takes mail from it", fix
            continue
        try:
            yield from _spf(asked, domain, settings)
            yield _dmarc(asked, domain)
            yield from _dkim(asked, domain, settings)
        except dns.exception.DNSException as error:
            fix = "look at this machine's way to the network, and try again"
            yield "warn", "DNS", f"{domain}: no answer ({type(error).__name__})", fix


def against(settings: Settings, resolver: dns.resolver.Resolver | None = None) -> tuple[str, ...]:
    """What speaks against mailing strangers from there, in a sentence each; empty where all is as it should be."""
    return tuple(found for level, _, found, _ in look(settings, resolver) if level != "ok")


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


def _spf(resolver: dns.resolver.Resolver, domain: str, settings: Settings) -> Iterator[Answer]:
    """Where receivers look: at the domain of the return path (RFC 7208, 2.4), which is the From domain if nobody says.

    A provider's own return path is not known here; its record is looked for at the From domain, where many want one.
    """
    kinds = _kinds(domain, settings)
    back = settings.provider.smtp.return_path.rpartition("@")[2].lower()
    if "smtp" in kinds and back not in ("", domain):
        yield _record(resolver, back, "")
        kinds.remove("smtp")
        if not kinds:
            return
    elsewhere = ", ".join(f"{kind} ({_RETURN_PATHS[kind]})" for kind in kinds if kind in _RETURN_PATHS)
    yield _record(resolver, domain, elsewhere)


_RETURN_PATHS = {
    "mailgun": "the domain that its page shows",
    "postmark": "pm-bounces and your domain",
    "resend": "send and your domain",
    "sendgrid": "em with a number and your domain",
    "ses": "your MAIL FROM domain, or amazonses.com",
}
"""Where the return path of a provider lies, as its set-up page says."""


def _record(resolver: dns.resolver.Resolver, domain: str, elsewhere: str) -> Answer:
    records = [text for text in texts(resolver, domain) if re.match(r"v=spf1(?: |$)", text, re.IGNORECASE)]
    if len(records) > 1:
        fix = "keep one: with two, every receiver says permerror (RFC 7208, 4.5)"
        return "fail", "SPF", f"{domain} has {len(records)} SPF records", fix
    if not records:
        fix = f"add a TXT record at {domain}, as your provider's set-up page says, such as v=spf1 include:… ~all"
        if elsewhere:
            fix = f"none is needed here where the return path of {elsewhere} has one; else {fix}"
        return "warn", "SPF", f"{domain} has no SPF record", fix
    # Anywhere: what follows `all` is not looked at, but `exp=` and `redirect=` may stand there (RFC 7208, 5.1 and 6).
    if re.search(r" \+?all(?: |$)", records[0], re.IGNORECASE):
        return (
            "fail",
            "SPF",
            f"{domain}: {records[0]}",
            "make it ~all or -all: as it stands everybody may send as you",
        )
    return "ok", "SPF", f"{domain}: {records[0]}", ""


_DMARC = re.compile(r"v\s*=\s*DMARC1\s*(?:;|$)", re.IGNORECASE)
_POLICY = re.compile(r";\s*p\s*=\s*([^;\s]*)", re.IGNORECASE)
"""Blanks are allowed around `=` and `;` (RFC 7489, 6.4)."""


def _and_above(domain: str) -> Sequence[str]:
    """The domain, and those above it that may be the organisation's."""
    parts = domain.split(".")
    return tuple(dict.fromkeys([domain, ".".join(parts[-3:]), ".".join(parts[-2:])]))


def _dmarc(resolver: dns.resolver.Resolver, domain: str) -> Answer:
    # A subdomain without a record of its own has that of the domain above it (RFC 7489, 6.6.3).
    for name in _and_above(domain):
        records = [text for text in texts(resolver, f"_dmarc.{name}") if _DMARC.match(text)]
        if len(records) > 1:
            return "fail", "DMARC", f"_dmarc.{name} has {len(records)} records", "keep one: with two there is none"
        if records:
            policy = _POLICY.search(records[0])
            if policy is None:
                return "fail", "DMARC", f"_dmarc.{name}: {records[0]}", "it names no policy: add p=none or more"
            if policy[1].lower() not in ("none", "quarantine", "reject"):
                return "fail", "DMARC", f"_dmarc.{name}: {records[0]}", "p is none, quarantine or reject"
            return "ok", "DMARC", f"{name}: p={policy[1]}", ""
    fix = f"add a TXT record at _dmarc.{domain}: v=DMARC1; p=none; large mailbox providers want one of bulk senders"
    return "warn", "DMARC", f"{domain} has no DMARC record", fix


def _ours(domain: str, settings: Settings) -> Sequence[NewsletterSettings]:
    return [one for one in settings.newsletters if one.sender.email.rpartition("@")[2].lower() == domain]


def _kinds(domain: str, settings: Settings) -> list[str]:
    """Which providers mail from that domain, by name."""
    every = {kind for one in _ours(domain, settings) for kind in one.providers or (settings.provider.kind,)}
    return sorted(every - {"outbox"})


def _dkim(resolver: dns.resolver.Resolver, domain: str, settings: Settings) -> Iterator[Answer]:
    """Who signs for the domain, and whether receivers find the key; each provider that mails for it, or all by name."""
    ours = _ours(domain, settings)
    kinds = _kinds(domain, settings)
    dkim = settings.provider.smtp.dkim
    if "smtp" in kinds and dkim.domain and dkim.key_file is not None:
        yield _own_key(resolver, f"{dkim.selector}._domainkey.{dkim.domain}", dkim.key_file.read_bytes())
        kinds.remove("smtp")
    named = tuple(dict.fromkeys(name for one in ours for name in one.sender.dkim_selectors))
    if named and kinds:
        yield _published(resolver, domain, named, "publish what your provider gives you, or mend dkim_selectors")
        return
    for kind in kinds:
        if kind in _SELECTORS:
            yield _published(resolver, domain, *_SELECTORS[kind])
        else:
            fix = f"name the selectors that {_WHERE[kind]} in newsletters.sender.dkim_selectors"
            yield "warn", "DKIM", f"{domain}: it is not known under which name {kind} signs", fix


_SELECTORS = {
    "sendgrid": (
        ("s1", "s2"),
        "finish SendGrid's domain authentication (Settings, Sender Authentication): three CNAME records",
    ),
    "resend": (("resend",), "finish the domain's set-up at Resend (Domains): a TXT record at resend._domainkey"),
}
"""The names under which a provider signs where nobody chose others, and what to do where they are missing."""
_WHERE = {
    "mailgun": "Mailgun shows (Sending, Domains, DNS records; such as pic or k1)",
    "postmark": "Postmark shows (Sender Signatures, DNS settings; such as 20261101pm)",
    "ses": "SES shows (Identities, DKIM: three for Easy DKIM)",
    "smtp": "your relay signs by, or set provider.smtp.dkim if it does not sign: write them",
}
"""Where the names stand that differ for each customer."""


def _published(resolver: dns.resolver.Resolver, domain: str, selectors: Sequence[str], fix: str) -> Answer:
    """Whether each name holds a key, here or at a domain above: that one is aligned as well (RFC 7489, 3.1.1)."""
    missing: list[str] = []
    for name in _and_above(domain):
        if not (lost := _missing(resolver, name, selectors)):
            there = "is" if len(selectors) == 1 else "are"
            above = f" at {name} (aligned, unless DMARC says adkim=s)" if name != domain else ""
            return "ok", "DKIM", f"{domain}: {' and '.join(selectors)} {there} there{above}", ""
        if name == domain:
            missing = lost
    return "warn", "DKIM", f"{domain}: no key at {' and '.join(f'{name}._domainkey' for name in missing)}", fix


def _missing(resolver: dns.resolver.Resolver, domain: str, selectors: Sequence[str]) -> list[str]:
    """Names that hold no key. One with an empty `p=` was withdrawn (RFC 6376, 3.6.1)."""
    missing = []
    for name in selectors:
        keys = [re.search(r"(?:^|;)\s*p\s*=([^;]*)", text) for text in texts(resolver, f"{name}._domainkey.{domain}")]
        if not any(key is not None and key[1].strip() for key in keys):
            missing.append(name)
    return missing


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
