"""What the DNS says of the domain that mail comes from, against a real name server on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from digest.settings import load_settings
from digest.wiring.from_domain import against, look, public_record

CONFIG = """\
provider: {provider}
newsletters:
  - slug: world
    name: The World Brief
    list: world
    zone: Europe/London
    sender: {{name: The World Brief, email: brief@{domain}, dkim_selectors: {selectors}}}
    publisher: The World Brief
    postal_address: 1 Sample Street, Exampleton
    sections: [{{slug: world, title: World, match: [World]}}]
"""
DOMAIN = "news.daily.org"
SOUND = {
    DOMAIN: ["google-site-verification=x", "v=spf1 include:sendgrid.net ~all"],
    "_dmarc.daily.org": ["v=DMARC1; p=quarantine; rua=mailto:d@daily.org"],
    f"s1._domainkey.{DOMAIN}": ["k=rsa; p=MIIB"],
    f"s2._domainkey.{DOMAIN}": ["k=rsa; p=MIIC"],
}


@contextmanager
def names(records: Mapping[str, list[str]], *, silent: bool = False) -> Iterator[dns.resolver.Resolver]:
    """A resolver whose one server knows these TXT records and no other name."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            packet, sender = server.recvfrom(4096)
            if packet == b"stop":
                return
            if silent:
                continue
            question = dns.message.from_wire(packet)
            name = question.question[0].name
            reply = dns.message.make_response(question)
            found = records.get(name.to_text(omit_final_dot=True).lower())
            if found is None:
                reply.set_rcode(dns.rcode.NXDOMAIN)
            else:
                # A long record comes in strings of at most 255 bytes.
                quoted = [" ".join(f'"{text[i : i + 200]}"' for i in range(0, len(text), 200)) for text in found]
                reply.answer.append(dns.rrset.from_text_list(name, 60, "IN", "TXT", quoted))
            server.sendto(reply.to_wire(), sender)

    thread = threading.Thread(target=answer)
    thread.start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = server.getsockname()[1]
    try:
        yield resolver
    finally:
        server.sendto(b"stop", server.getsockname())
        thread.join()
        server.close()


def looked(
    folder: Path,
    records: Mapping[str, list[str]],
    *,
    provider: str = "{kind: sendgrid}",
    domain: str = DOMAIN,
    selectors: str = "[]",
) -> dict[str, tuple[str, str, str]]:
    """(level, found, fix) by what was looked at."""
    (folder / "config.yaml").write_text(CONFIG.format(provider=provider, domain=domain, selectors=selectors))
    with names(records) as resolver:
        return {
            what: (level, found, fix)
            for level, what, found, fix in look(load_settings(folder / "config.yaml"), resolver)
        }


def test_a_sound_domain(tmp_path: Path) -> None:
    found = looked(tmp_path, SOUND)
    assert {what: level for what, (level, _, _) in found.items()} == {"SPF": "ok", "DMARC": "ok", "DKIM": "ok"}
    assert found["DMARC"][1] == "daily.org: p=quarantine", "that of the domain above"


@pytest.mark.parametrize(
    ("what", "changed", "level", "said"),
    [
        ("SPF", {DOMAIN: []}, "warn", "no SPF record"),
        ("SPF", {DOMAIN: ["v=spf1 a ~all", "v=spf1 mx ~all"]}, "fail", "2 SPF records"),
        ("SPF", {DOMAIN: ["v=spf1 +all"]}, "fail", "v=spf1 +all"),
        ("SPF", {DOMAIN: ["v=spf10 a"]}, "warn", "no SPF record"),
        ("SPF", {DOMAIN: ["v=spf1 +all exp=x.daily.org"]}, "fail", "exp=x.daily.org"),
        ("DMARC", {f"_dmarc.{DOMAIN}": ["v=DMARC1; p=rejekt"]}, "fail", "p=rejekt"),
        ("DMARC", {f"_dmarc.{DOMAIN}": ["v=DMARC1; sp=none"]}, "fail", "sp=none"),
        ("DMARC", {"_dmarc.daily.org": []}, "warn", "no DMARC record"),
        ("DMARC", {f"_dmarc.{DOMAIN}": ["v=DMARC1; rua=mailto:x@daily.org"]}, "fail", "rua="),
        ("DMARC", {f"_dmarc.{DOMAIN}": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, "fail", "2 records"),
        ("DKIM", {f"s2._domainkey.{DOMAIN}": []}, "warn", "no key at s2._domainkey"),
        ("DKIM", {f"s1._domainkey.{DOMAIN}": ["v=DKIM1; p="]}, "warn", "no key at s1._domainkey"),
    ],
)
def test_what_is_wrong_is_said_with_the_next_step(
    tmp_path: Path, what: str, changed: dict[str, list[str]], level: str, said: str
) -> None:
    records = {name: texts for name, texts in {**SOUND, **changed}.items() if texts}
    found = looked(tmp_path, records)[what]
    assert found[0] == level
    assert said in found[1]
    assert found[2]


def test_spf_is_looked_for_where_receivers_look(tmp_path: Path) -> None:
    """At the domain of the return path (RFC 7208, 2.4); a provider's own one we do not know, and say so."""
    without = {name: found for name, found in SOUND.items() if name != DOMAIN}
    own = "{kind: smtp, smtp: {host: relay.daily.org, return_path: 'bounces@back.daily.org'}}"
    there = {**without, "back.daily.org": ["v=spf1 a ~all"]}
    assert looked(tmp_path, there, provider=own)["SPF"][:2] == ("ok", "back.daily.org: v=spf1 a ~all")
    level, found, fix = looked(tmp_path, SOUND, provider=own)["SPF"]
    assert (level, found) == ("warn", "back.daily.org has no SPF record")
    assert "back.daily.org" in fix
    assert looked(tmp_path, without, provider="{kind: smtp, smtp: {host: relay.daily.org}}")["SPF"][0] == "warn"
    level, found, fix = looked(tmp_path, without)["SPF"]
    assert (level, found) == ("warn", f"{DOMAIN} has no SPF record")
    assert fix.startswith("none is needed here where the return path of sendgrid (em with a number and your domain)")


@pytest.mark.parametrize("record", ["v=DMARC1; p = none", "v = DMARC1 ;p=none", "v=DMARC1;rua=mailto:p=x@a.b; P=None"])
def test_blanks_are_legal_in_dmarc(tmp_path: Path, record: str) -> None:
    level, found, _ = looked(tmp_path, {**SOUND, "_dmarc.daily.org": [record]})["DMARC"]
    assert (level, found.lower()) == ("ok", "daily.org: p=none")


def test_a_key_at_the_domain_above_is_aligned(tmp_path: Path) -> None:
    """The identity is daily.org, and mail comes from news.daily.org."""
    without = {name: found for name, found in SOUND.items() if "_domainkey" not in name}
    records = {**without, "abc._domainkey.daily.org": ["p=MIIB"]}
    level, found, _ = looked(tmp_path, records, provider="{kind: ses}", selectors="[abc]")["DKIM"]
    assert (level, "abc is there at daily.org" in found) == ("ok", True)
    level, found, _ = looked(tmp_path, records, provider="{kind: ses}", selectors="[abc, other]")["DKIM"]
    assert (level, found) == ("warn", f"{DOMAIN}: no key at abc._domainkey and other._domainkey")


def test_our_own_key_is_compared_with_the_published_one(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "dkim.pem").write_bytes(pem)
    provider = f"{{kind: smtp, smtp: {{dkim: {{domain: {DOMAIN}, selector: d1, key_file: {tmp_path}/dkim.pem}}}}}}"
    name = f"d1._domainkey.{DOMAIN}"
    assert looked(tmp_path, {**SOUND, name: [public_record(pem)]}, provider=provider)["DKIM"][0] == "ok"
    other = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    level, found, fix = looked(tmp_path, {**SOUND, name: [public_record(other)]}, provider=provider)["DKIM"]
    assert (level, "another key" in found) == ("fail", True)
    assert public_record(pem) in fix
    assert looked(tmp_path, SOUND, provider=provider)["DKIM"][0] == "fail"


@pytest.mark.parametrize("kind", ["mailgun", "postmark", "ses", "smtp"])
def test_names_that_differ_for_each_customer_are_asked_for_and_looked_up(tmp_path: Path, kind: str) -> None:
    provider = f"{{kind: {kind}}}"
    level, found, fix = looked(tmp_path, SOUND, provider=provider)["DKIM"]
    assert (level, f"not known under which name {kind} signs" in found) == ("warn", True)
    assert "newsletters.sender.dkim_selectors" in fix
    records = {**SOUND, f"k1._domainkey.{DOMAIN}": ["k=rsa; p=MIIB"]}
    assert looked(tmp_path, records, provider=provider, selectors="[k1]")["DKIM"][0] == "ok"
    level, found, _ = looked(tmp_path, records, provider=provider, selectors="[k1, k2]")["DKIM"]
    assert (level, "no key at k2._domainkey" in found) == ("warn", True)


def test_resend_signs_under_its_own_name(tmp_path: Path) -> None:
    assert looked(tmp_path, SOUND, provider="{kind: resend}")["DKIM"][0] == "warn"
    records = {**SOUND, f"resend._domainkey.{DOMAIN}": ["p=MIIB"]}
    assert looked(tmp_path, records, provider="{kind: resend}")["DKIM"][0] == "ok"


def test_a_reserved_domain_is_not_asked_for(tmp_path: Path) -> None:
    assert looked(tmp_path, {}, domain="digest.example")["From domain"][0] == "warn"


def test_no_answer_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.format(provider="{kind: sendgrid}", domain=DOMAIN, selectors="[]"))
    with names({}, silent=True) as resolver:
        resolver.timeout = 0.1
        settings = load_settings(tmp_path / "config.yaml")
        (found,) = look(settings, resolver, seconds=0.3)
    assert (found[0], found[1]) == ("warn", "DNS")


def test_what_speaks_against_a_domain(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        CONFIG.format(provider="{kind: smtp}", domain="daily.example", selectors="[]")
    )
    assert against(load_settings(tmp_path / "config.yaml")) == (
        "daily.example is reserved for examples: nobody takes mail from it",
    )
