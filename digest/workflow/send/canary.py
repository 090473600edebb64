"""The canary: some readers get their mail before the rest, and what comes back decides whether the rest gets it."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil

from digest.model.delivery import Account, Canary, Chunk, ChunkState, Mailing, MailingState, PlannedGroup, Quiet
from digest.model.errors import Lost
from digest.model.mail import Variant
from digest.model.newsletter import CanaryRule, Newsletter, SubjectTest
from digest.ports import App, Tx
from digest.workflow.send.routes import Route

Alike = tuple[datetime, str, Quiet | None]
"""The instant when readers are due, their variant, and the quiet hours after it."""
Groups = Mapping[Alike, "array[int]"]
_UNDER_WAY = (ChunkState.READY, ChunkState.SENDING)


def groups_of(
    groups: Groups, rule: CanaryRule, seeds: frozenset[int], *, subjects: SubjectTest | None = None
) -> list[PlannedGroup]:
    """The groups of a plan in the order of their seq: who goes first, and then everybody else.

    The first are the seeds and, of the readers who are due at the earliest hour, a share of each variant, evenly
    spaced from the oldest subscription to the newest. Nobody is in two groups. With `subjects`, every other one of
    the first whose clicks are counted gets the second subject.
    """
    if not groups:
        return []
    if subjects is not None:
        rule = replace(rule, share=max(rule.share, subjects.share))
    start = min(due for due, _, _ in groups)
    wave = sum(len(ids) for (due, _, _), ids in groups.items() if due == start)
    wanted = min(wave, max(rule.at_least, ceil(wave * rule.share))) if rule.share else 0
    first: list[PlannedGroup] = []
    rest: list[PlannedGroup] = []
    for (due, variant, quiet), ids in sorted(groups.items(), key=_place):
        number = ceil(wanted * len(ids) / wave) if due == start else 0
        chosen, others = _parted(ids, number, seeds)
        if chosen:
            # A seed is somebody of ours: its own hour does not make the rest wait.
            first.append(PlannedGroup(due_at=start, variant=variant, subscribers=chosen, canary=True))
        if others:
            rest.append(PlannedGroup(due_at=due, variant=variant, subscribers=others, quiet=quiet))
    merged = _merged(first)
    return ([part for group in merged for part in _halves(group)] if subjects is not None else merged) + rest


def _halves(group: PlannedGroup) -> list[PlannedGroup]:
    """Every other reader with the second subject, where their clicks are counted."""
    variant = Variant.parse(group.variant)
    if not variant.tracked or len(group.subscribers) < 2:
        return [group]
    return [
        replace(group, subscribers=group.subscribers[::2]),
        replace(group, subscribers=group.subscribers[1::2], variant=replace(variant, other=True).key),
    ]


def _place(group: tuple[Alike, object]) -> tuple[datetime, str, datetime]:
    (due, variant, quiet), _ = group
    return due, variant, quiet[0] if quiet else due


def _parted(ids: array[int], number: int, seeds: frozenset[int]) -> tuple[array[int], array[int]]:
    if not number and not (seeds and not seeds.isdisjoint(ids)):
        return array("q"), ids
    places = {place * len(ids) // number for place in range(number)} if number else set()
    chosen, others = array("q"), array("q")
    for place, reader in enumerate(ids):
        (chosen if place in places or reader in seeds else others).append(reader)
    return chosen, others


def _merged(groups: list[PlannedGroup]) -> list[PlannedGroup]:
    """One group for each variant: seeds of later hours join those of the first."""
    by_variant: dict[str, PlannedGroup] = {}
    for group in groups:
        known = by_variant.get(group.variant)
        ids = array("q", [*known.subscribers, *group.subscribers]) if known else group.subscribers
        by_variant[group.variant] = PlannedGroup(
            due_at=group.due_at, variant=group.variant, subscribers=ids, canary=True
        )
    return list(by_variant.values())


def judge(app: App, tx: Tx, newsletter: Newsletter, mailing: Mailing, now: datetime) -> datetime | None:
    """Let the rest go, or hold it and say why. Returns when to judge, where it is too early; else None."""
    if mailing.canary is not Canary.OUT:
        return None
    first = [one for one in tx.ledger.chunks(mailing.id) if one.canary and one.state is not ChunkState.SPLIT]
    # Refused alone, and not believed: nobody else of their rendering goes before the first readers are judged, so that
    # waiting would be for ever. They count among those who were refused, and are tried again.
    alone = {one.id: one.refused_at for one in first if one.state is ChunkState.READY and one.refused_at}
    if any(one.state in _UNDER_WAY and one.id not in alone for one in first):
        return None
    settled = (alone.get(one.id) or one.send_at or one.settled_at or mailing.planned_at for one in first)
    last = max(settled, default=mailing.planned_at)
    at = last + timedelta(minutes=_wait_minutes(newsletter, first))
    if now < at:
        return at
    found = tx.ledger.canary_account(mailing.id)
    silent = _tells(app, newsletter) and all(one.first_event_at is None for one in first)
    problem = verdict(found, newsletter.canary, silent=silent, alone=len(alone))
    try:
        _conclude(app, tx, mailing, found, problem, now)
    except Lost:
        # Another sender judged in this instant, by the same account.
        return None
    return None if problem else now


def _conclude(app: App, tx: Tx, mailing: Mailing, found: Account, problem: str, now: datetime) -> None:
    tx.ledger.judge(mailing.id, expected=Canary.OUT, to=Canary.FAILED if problem else Canary.PASSED)
    if not problem:
        choose_subject(app, tx, mailing, now)
        told = f"{found.planned} readers went first, nothing speaks against the rest"
        tx.log("canary.passed", mailing.edition, by=app.owner, now=now, detail=told)
        return
    if mailing.state is MailingState.SENDING:
        reason = f"the first readers: {problem}"
        tx.ledger.change(mailing.id, expected=MailingState.SENDING, to=MailingState.PAUSED, reason=reason)
    tx.log("canary.failed", mailing.edition, by=app.owner, now=now, detail=problem)


def _wait_minutes(newsletter: Newsletter, first: Sequence[Chunk]) -> float:
    if any(Variant.parse(one.variant).other for one in first):
        return max(newsletter.canary.wait_minutes, newsletter.subject_test.wait_minutes)
    return newsletter.canary.wait_minutes


def choose_subject(app: App, tx: Tx, mailing: Mailing, now: datetime) -> bool:
    """Where two subjects were tried: the rest gets the one that more of its readers pressed a link of.

    A tie keeps the first. True where the second one won. What was ever handed over to a provider stays as it was.
    """
    found = {one.second: one for one in tx.reports.subjects(mailing.id)}
    if True not in found or False not in found:
        return False
    first, second = found[False], found[True]
    better = second.beats(first)
    rest = tx.ledger.give_second_subject(mailing.id) if better else 0
    told = (
        f"first {first.clicked} of {first.readers}, second {second.clicked} of {second.readers}: "
        f"the rest gets the {'second' if better else 'first'}"
    )
    tx.log("subject.chosen", mailing.edition, by=app.owner, now=now, detail=f"{told}, {rest} chunks changed")
    return better


def verdict(found: Account, rule: CanaryRule, *, silent: bool, alone: int = 0) -> str:
    """Why the rest must not go, or empty. `silent`: the provider should have reported something, and has not.

    `alone`: readers who were refused alone, which is not believed yet: they stand as ready in the account.
    """
    asked = found.planned - sum(found.skipped.values())
    if not asked:
        return ""
    if found.in_doubt or found.held:
        return f"the provider never answered for {found.in_doubt + found.held} of {asked}"
    back = found.bounced + found.rejected + alone
    if back / asked > rule.max_bounced:
        return f"{back} of {asked} came back or were refused, more than {rule.max_bounced:.1%}"
    if found.complained / asked > rule.max_complained:
        return f"{found.complained} of {asked} complained, more than {rule.max_complained:.1%}"
    if silent:
        return f"of {asked} messages not one event has come back; does the webhook reach us?"
    return ""


def _tells(app: App, newsletter: Newsletter) -> bool:
    """True where every provider of the newsletter reports events."""
    return all(provider.capabilities.events for _, provider in Route(app, newsletter).legs)
