"""Tracking: opens and clicks, where a newsletter counts them and the reader has not said no. Off by default.

What a request says of its sender is judged at once and forgotten; kept are the delivery, the instant, the link and
the rule by which it was a machine's. See docs/why/privacy.md.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from digest.model.edition import Edition, EditionId
from digest.model.errors import NotFound
from digest.model.feedback import FeedbackKind
from digest.model.hit import BURST, Hit, bursts, machine_rule, too_soon
from digest.model.mail import Rendered
from digest.model.newsletter import Newsletter, Tracking
from digest.ports import App, Heard, Tx
from digest.render.tracking import link_table, track, track_token

PROVIDER = "tracking"
"""The name under which hits come through the door of all feedback."""
NOBODY = 2**40 - 1
"""The seq of whoever turned tracking off after the mailing was planned: such a link leads on and counts nothing."""


def wanted(tracking: Tracking) -> bool:
    """True where anything is counted."""
    return tracking.opens or tracking.clicks


def tracked_variant(app: App, edition: Edition, newsletter: Newsletter, plain: Rendered) -> Rendered:
    """The tracked variant of a rendering, to be frozen beside it."""
    who = track_token(plain)
    links = {}
    if newsletter.tracking.clicks:
        table = enumerate(link_table(edition))
        links = {url: app.links.tracked_link(edition.id, number, who) for number, url in table}
    return track(plain, links=links, pixel=app.links.pixel(who) if newsletter.tracking.opens else "")


def clicked(app: App, token: str, hit: Hit) -> str:
    """The address that a tracked link leads to. Counts the click. Raises NotFound for anything but a whole token."""
    who, _, rest = token.partition(".")
    number, _, mac = rest.partition(".")
    found = _found(app, who)
    if found is None or not (rest.isascii() and number.isdigit() and len(number) < 6):
        raise NotFound("no such link")
    with app.read() as tx:
        edition = found.edition(tx)
        if str(int(number)) != number or not app.links.is_link(edition, int(number), mac):
            raise NotFound("no such link")
        url = tx.tracking.link(edition, int(number))
        if url is None:
            raise NotFound("no such link")
        counted = found.is_counted(app, tx, edition, FeedbackKind.CLICKED)
    if counted:
        _count(app, found, FeedbackKind.CLICKED, hit, url)
    return url


def opened(app: App, token: str, hit: Hit) -> None:
    """Counts an open. Raises NotFound for anything but a whole token."""
    found = _found(app, token)
    if found is None:
        raise NotFound("no such picture")
    with app.read() as tx:
        counted = found.is_counted(app, tx, found.edition(tx), FeedbackKind.OPENED)
    if counted:
        _count(app, found, FeedbackKind.OPENED, hit, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Whose link it is."""

    mailing: int
    seq: int

    def edition(self, tx: Tx) -> EditionId:
        home = tx.ledger.mailing_by_id(self.mailing)
        if home is None:
            raise NotFound("no such mailing")
        return EditionId.parse(home.edition)

    def is_counted(self, app: App, tx: Tx, edition: EditionId, kind: FeedbackKind) -> bool:
        """Judged anew at each hit: whoever says no today is not counted for yesterday's mail."""
        newsletter = app.newsletters.get(edition.newsletter)
        if newsletter is None or self.seq == NOBODY:
            return False
        chosen = newsletter.tracking
        on = chosen.clicks if kind is FeedbackKind.CLICKED else chosen.opens
        return on and not tx.tracking.is_off(self.mailing, self.seq)


def _found(app: App, who: str) -> _Found | None:
    read = app.links.read_track_key(who)
    return _Found(mailing=read[0], seq=read[1]) if read else None


def _count(app: App, found: _Found, kind: FeedbackKind, hit: Hit, url: str) -> None:
    now = app.clock()
    told = {
        "delivery": app.links.delivery_key(found.mailing, found.seq),
        "kind": kind.value,
        "at": now.isoformat(),
        "url": url,
        "rule": machine_rule(hit),
    }
    with app.begin() as tx:
        tx.feedback.keep_post(PROVIDER, json.dumps(told).encode("ascii"), now)


def sorted_apart(tx: Tx, heard: Sequence[Heard]) -> list[Heard]:
    """The same events, those of our own that only their company shows to be a machine's marked with the rule."""
    ours: dict[int, dict[int, list[Heard]]] = defaultdict(lambda: defaultdict(list))
    for one in heard:
        if one.feedback.provider == PROVIDER and one.feedback.kind is FeedbackKind.CLICKED and not one.feedback.machine:
            ours[one.mailing][one.seq].append(one)
    if not ours:
        return list(heard)
    rules: dict[int, str] = {}
    for mailing, by_seq in ours.items():
        seqs = sorted(by_seq)
        since = min(one.feedback.at for found in by_seq.values() for one in found) - BURST
        sent_at = tx.tracking.sent_at(mailing, seqs)
        before = tx.tracking.clicks(mailing, seqs, since)
        for seq, found in by_seq.items():
            clicks = [(one.feedback.at, one.feedback.url) for one in found]
            together = set(bursts([*before.get(seq, ()), *clicks]))
            if together & set(before.get(seq, ())):
                tx.tracking.mark_machine(mailing, seq, since, "burst")
            for one, click in zip(found, clicks, strict=True):
                if click in together:
                    rules[id(one)] = "burst"
                elif too_soon(one.feedback.at, sent_at.get(seq)):
                    rules[id(one)] = "too_soon"
    return [_by_rule(one, rules[id(one)]) if id(one) in rules else one for one in heard]


def _by_rule(one: Heard, rule: str) -> Heard:
    return replace(one, feedback=replace(one.feedback, machine=True, detail=rule))
