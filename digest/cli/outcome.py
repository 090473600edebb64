"""Which exit code an edition or a sending ends with, and the sentence that goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from digest.cli.exits import Exit
from digest.model.counted import counted
from digest.model.delivery import Account, Chunk, ChunkState, MailingState
from digest.model.edition import Edition, EditionStatus

if TYPE_CHECKING:
    from digest.ports import App
    from digest.workflow.send.deliver import Sent


def of_edition(edition: Edition) -> Exit:
    """The code of an edition of which nothing is sent now."""
    if edition.status in (EditionStatus.HELD, EditionStatus.DRAFT, EditionStatus.STOPPED):
        return Exit.HELD
    if edition.status in (EditionStatus.SKIPPED, EditionStatus.CANCELLED):
        return Exit.NOTHING
    return Exit.DONE


def of_sending(sent: Sent, put_off: Sequence[Chunk]) -> Exit:
    """The code of a sending: what needs a person most comes first."""
    account = sent.account
    if sent.problem or put_off:
        return Exit.PROVIDER
    if account.in_doubt or account.held or account.sending:
        return Exit.UNCERTAIN
    if sent.mailing.state is MailingState.STOPPED:
        return Exit.HELD
    if account.rejected or account.bounced or account.complained:
        return Exit.PARTLY
    return Exit.DONE if meant_for(account) else Exit.NOTHING


def put_off(app: App, sent: Sent) -> tuple[Chunk, ...]:
    """Chunks that the provider did not take when it was asked; they wait for another try."""
    with app.read() as tx:
        ready = tx.ledger.chunks(sent.mailing.id, ChunkState.READY)
    return tuple(chunk for chunk in ready if chunk.attempt > 0 and chunk.not_before is not None)


def meant_for(account: Account) -> int:
    """Readers whom the mailing is for: planned and not skipped."""
    return account.planned - sum(account.skipped.values())


def sentence(edition: Edition) -> str:
    """Where the edition stands, in one line, with the next step where there is one."""
    name = edition.id
    why = f": {edition.reason}" if edition.reason else ""
    match edition.status:
        case EditionStatus.READY:
            return f"{name} is ready; look at it with `digest preview {name}`, then `digest approve {name}`"
        case EditionStatus.APPROVED:
            return f"{name} is approved by {edition.approved_by}; `digest send {name}` sends it"
        case EditionStatus.HELD:
            return f"{name} is held{why}. `digest approve {name}` lets it go (--despite-blockers if need be)"
        case EditionStatus.STOPPED:
            return f"{name} is stopped{why}. `digest send {name}` goes on with those who do not have it yet"
        case _:
            return f"{name} is {edition.status}{why}"


def progress_of_sending(sent: Sent, waiting: Sequence[Chunk], *, again: bool) -> list[str]:
    """What this sending did and what is left, line by line."""
    account = sent.account
    lines: list[str] = []
    if again and not sent.calls and account.settled:
        lines.append("already sent: nobody was mailed again")
    elif again and sent.calls:
        # Not "nobody twice": whom a person released may have had it already.
        went_on = f"went on where it had stopped ({counted(sent.calls, 'provider call')})"
        lines.append(f"{went_on}; whoever was known to have it was not mailed again")
    refused = sum(chunk.size for chunk in waiting)
    if sent.problem:
        lines.append(f"it stopped early: {sent.problem}")
    elif waiting:
        lines.append(
            f"the provider did not take {refused} yet: {waiting[0].note.rstrip('.')}; run it again to try again"
        )
    if account.ready > refused and sent.waiting_until is not None and sent.mailing.state == "paused":
        lines.append(f"{account.ready - refused} wait: the mailing is paused; run it again once that is mended")
    elif account.ready > refused and sent.waiting_until is not None:
        due = f"{sent.waiting_until:%Y-%m-%d %H:%M} UTC"
        lines.append(f"{account.ready - refused} wait for their hour; the next are due {due} (--now: at once)")
    if account.in_doubt:
        lines.append(f"{account.in_doubt} in doubt: nobody can say yet whether the provider took them")
    if account.held:
        lines.append(f"{account.held} held: `digest status {sent.mailing.edition}` says why, and what to do")
    if not meant_for(account):
        lines.append(f"nobody on the list {sent.mailing.list} may be mailed: nothing was sent")
    return lines


def next_steps(edition: str, *, state: str, due: int, held: int, correction: int = 0, short: bool = False) -> list[str]:
    """What a person can do about a mailing, line by line. `due` are those who wait or are in a call."""
    lines: list[str] = []
    # A killed process leaves a mailing that is `sending` and that nobody sends.
    if due and state in (MailingState.PLANNED, MailingState.SENDING) and not correction:
        lines.append(f"next: where no `digest serve` runs, `digest send {edition}` goes on with those who are due")
    if held and short:
        lines.append(f"{edition}: {held} held; `digest status {edition}` says why, and what to do")
    elif held:
        which = f"{edition} --correction {correction}" if correction else edition
        lines += [
            f"{held} held: nobody knows whether the provider took them; its own log may say so",
            f"next: `digest release {which}` lets them go with the next sending, and whoever has it gets it twice;",
            f"      `digest abandon {which} --reason TEXT` gives up everybody who does not have it",
        ]
    return lines
