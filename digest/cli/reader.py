"""One reader at a time: add, show, remove from a list, suppress, allow again, erase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from digest.cli.exits import Exit, Stopped
from digest.cli.frame import Call, command
from digest.cli.output import print_json, say

if TYPE_CHECKING:
    from subscribers.address import EmailAddress

list_option = click.option("--list", "slug", required=True, metavar="SLUG", help="The list, by its slug.")


@command(
    "add",
    examples=("digest subscribers add ana@example.org --list world --consent 'asked at the fair, 2026-11-22'",),
)
@click.argument("email")
@list_option
@click.option("--consent", required=True, metavar="TEXT", help="How this person agreed.")
@click.option("--name", default="", metavar="TEXT", help="Their name.")
@click.option("--language", default="", metavar="TAG", help="Such as fr; empty is the newsletter's own.")
def add(call: Call, email: str, slug: str, consent: str, name: str, language: str) -> Exit:
    """Add somebody who agreed elsewhere.

    Nobody who left, was suppressed or erased is revived.
    """
    from digest.wiring import open_erasure_key, utc_now
    from digest.workflow.readers.lists import open_list
    from subscribers.consent import Basis
    from subscribers.erasures import was_erased
    from subscribers.lists import enrol
    from subscribers.store import add_subscriber, find_alike
    from subscribers.suppression import is_address_suppressed
    from subscribers.transfer.rows import read_language

    settings = call.settings()
    address = _address(email)
    try:
        language = read_language(language) if language else ""
    except ValueError as error:
        raise click.UsageError(f"--language {language!r}: {error}") from None
    now = utc_now()
    with call.store(settings) as store:
        key = open_erasure_key(settings, store)
        with store.begin() as tx:
            mail_list = open_list(tx, slug)
            if was_erased(tx.connection, address, key):
                raise Stopped(f"{email}: was erased, and may come back by their own hand only", Exit.FAILED)
            if is_address_suppressed(tx.connection, address, mail_list.id, erasure_key=key):
                raise Stopped(f"{email}: is suppressed; `digest subscribers show {email}` says why", Exit.FAILED)
            reader = find_alike(tx.connection, address) or add_subscriber(
                tx.connection, address, now=now, name=name, language=language
            )
            basis = Basis(method="operator", evidence=consent)
            change = enrol(tx.connection, reader.id, mail_list.id, basis, now)
    state = change.state.value if change.state else "not on it: they left every list"
    if call.json:
        print_json({"email": reader.email, "list": slug, "state": state, "added": change.changed})
    else:
        say(f"{reader.email}: {'added to' if change.changed else 'unchanged on'} {slug} ({state})")
    return Exit.DONE


@command("show", examples=("digest subscribers show ana@example.org", "digest subscribers show ana@example.org --json"))
@click.argument("email")
def show(call: Call, email: str) -> Exit:
    """Show everything that is known of a reader.

    Lists, wishes, consent, suppressions, and the mailings they got.
    """
    from subscribers.address import address_from

    address = _address(email)
    with call.store(make=False) as store, store.read() as tx:
        known = tx.audience.everything_about(_reader_id(tx.connection, address))
    if known is None:
        raise Stopped(f"{email}: was erased", Exit.USAGE)
    if call.json:
        print_json(known)
        return Exit.DONE
    name = f"  {known['name']}" if known["name"] else ""
    say(f"{address_from(known['email']).shown}{name}")
    for one in known["subscriptions"]:
        say(f"  {one['list']}: {one['state']} since {one['since'][:10]}, {one['preferences']['frequency']}")
    for one in known["suppressions"]:
        say(f"  suppressed on {one['list']}: {one['reason']} since {one['since'][:10]} {one['note']}".rstrip())
    for one in known["consents"]:
        said = f"{one['act']} by {one['method']} {one['evidence']}".rstrip()
        say(f"  {one['at'][:16]} {one['list']}: {said}")
    say(f"  {len(known['mailings'])} mailings; --json shows them")
    return Exit.DONE


@command("remove", examples=("digest subscribers remove ana@example.org --list world",))
@click.argument("email")
@list_option
def remove(call: Call, email: str, slug: str) -> Exit:
    """End a reader's subscription, as if they had left.

    It works at once, and no import revives it.
    """
    from digest.wiring import utc_now
    from subscribers.consent import Basis

    address = _address(email)
    with call.store() as store, store.begin() as tx:
        mail_list = tx.audience.list_of(slug)
        reader = _reader_id(tx.connection, address)
        changed = tx.audience.unsubscribe(
            reader, mail_list.id, now=utc_now(), basis=Basis(method="operator", evidence="digest subscribers remove")
        )
    if call.json:
        print_json({"email": email, "list": slug, "removed": changed})
    else:
        say(f"{email}: {'removed from' if changed else 'was not on'} {slug}")
    return Exit.DONE


@command(
    "suppress",
    examples=(
        "digest subscribers suppress ana@example.org --note 'asked by phone'",
        "digest subscribers suppress @spam.example",
    ),
)
@click.argument("who", metavar="EMAIL|@DOMAIN")
@click.option("--list", "slug", metavar="SLUG", help="On this list only; otherwise on all.")
@click.option("--note", default="", metavar="TEXT", help="Why.")
def suppress(call: Call, who: str, slug: str | None, note: str) -> Exit:
    """Keep all mail back from an address or a domain, known or not.

    A domain is that domain alone: `@spam.example` does not hold `@mail.spam.example`.
    """
    from digest.wiring import utc_now
    from subscribers import suppression
    from subscribers.model import SuppressionReason

    key, reason = _key(who)
    with call.store() as store, store.begin() as tx:
        scope = None if slug is None else tx.audience.list_of(slug).id
        news = suppression.suppress(
            tx.connection, key, SuppressionReason(reason), now=utc_now(), list_id=scope, note=note
        )
    if call.json:
        print_json({"who": who, "list": slug, "reason": reason, "new": news})
    else:
        say(f"{who}: {'suppressed' if news else 'was suppressed already'} on {slug or 'all lists'}")
    return Exit.DONE


@command(
    "allow",
    examples=(
        "digest subscribers allow ana@example.org",
        "digest subscribers allow ana@example.org --reason hard_bounce",
    ),
)
@click.argument("who", metavar="EMAIL|@DOMAIN")
@click.option("--list", "slug", metavar="SLUG", help="The suppression of this list; otherwise that of all.")
@click.option(
    "--reason",
    type=click.Choice(("manual", "hard_bounce", "complaint")),
    default="manual",
    show_default=True,
    help="Which suppression. A reader's own unsubscribe can only be taken back by the reader.",
)
def allow(call: Call, who: str, slug: str | None, reason: str) -> Exit:
    """Take back one suppression of an address or a domain."""
    from digest.wiring import open_erasure_key
    from subscribers import suppression
    from subscribers.erasures import hashed_key
    from subscribers.model import SuppressionReason

    settings, (key, kind) = call.settings(), _key(who)
    with call.store(settings) as store:
        erasure_key = open_erasure_key(settings, store)
        with store.begin() as tx:
            scope = None if slug is None else tx.audience.list_of(slug).id
            which = SuppressionReason("domain" if kind == "domain" else reason)
            # Where the address was erased, what suppressed it is known by its hash alone.
            keys = [key] if kind == "domain" else [key, hashed_key(key, erasure_key)]
            lifted = sum(suppression.lift(tx.connection, one, which, list_id=scope) for one in keys)
    if not lifted:
        raise Stopped(f"{who}: no such suppression; `digest subscribers show` says which there are", Exit.USAGE)
    if call.json:
        print_json({"who": who, "list": slug, "allowed": True})
    else:
        say(f"{who}: no longer suppressed on {slug or 'all lists'} for that reason")
    return Exit.DONE


@command("erase", examples=("digest subscribers erase ana@example.org --yes",))
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(call: Call, email: str, yes: bool) -> Exit:
    """Erase everything about an address.

    A keyed hash stays, so that no import brings it back, and what suppressed it stays with the hash. This cannot be
    undone.
    """
    from digest.wiring import open_erasure_key, open_imports, utc_now
    from subscribers.store import find_only
    from subscribers.transfer import spellings

    settings = call.settings()
    address = _address(email)
    if not yes:
        click.confirm(f"Erase everything about {email}?", abort=True, err=True)
    with call.store(settings) as store:
        key, now = open_erasure_key(settings, store), utc_now()
        with store.read() as tx:
            found = find_only(tx.connection, address)
            earlier = frozenset() if found is None else tx.audience.addresses_of(found.id)
        # The kept files first: whoever dies in between erases again.
        open_imports(settings, store).strike_out(spellings(address) | earlier)
        with store.begin() as tx:
            known = tx.audience.erase_address(address, erasure_key=key, now=now)
    if call.json:
        print_json({"erased": True, "known": known})
    else:
        say("erased" if known else "nobody we know; no import will bring this address in")
    return Exit.DONE


def _address(email: str) -> EmailAddress:
    from subscribers.address import AddressError, parse_address

    try:
        return parse_address(email, allow_reserved=True)
    except AddressError as error:
        raise click.UsageError(f"{email!r}: {error}") from None


def _key(who: str) -> tuple[str, str]:
    """What a suppression is kept under, and its reason."""
    from subscribers.address import AddressError, parse_domain

    if not who.startswith("@"):
        return _address(who).fold_key, "manual"
    try:
        return f"@{parse_domain(who, allow_reserved=True)}", "domain"
    except AddressError as error:
        raise click.UsageError(f"{who!r}: {error}") from None


def _reader_id(conn: Any, address: EmailAddress) -> int:
    from subscribers.store import find_alike

    found = find_alike(conn, address)
    if found is None:
        raise Stopped(f"{address}: nobody we know has this address", Exit.USAGE)
    return found.id
