"""Which exit code a sending ends with: the one that needs a person most."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.cli import outcome
from digest.cli.exits import Exit
from digest.model.delivery import Account, Chunk, ChunkState, Mailing, MailingState
from digest.workflow.send.deliver import Sent

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
PUT_OFF = Chunk(
    id=7, mailing=1, variant="en:all", due_at=NOW, first_seq=1, last_seq=3, state=ChunkState.READY, attempt=2,
    not_before=NOW, note="the relay is out of reach.",
)  # fmt: skip


def sent(
    account: Account, *, state: MailingState = MailingState.CLOSED, problem: str = "", calls: int = 1,
    waiting_until: datetime | None = None,
) -> Sent:  # fmt: skip
    mailing = Mailing(
        id=1, edition="world/2026-11-23", list="world", state=state, planned_at=NOW, count=account.planned,
        plan_sha256="",
    )  # fmt: skip
    return Sent(mailing=mailing, account=account, calls=calls, waiting_until=waiting_until, problem=problem)


@pytest.mark.parametrize(
    ("account", "code"),
    [
        (Account(planned=3, delivered=3), Exit.DONE),
        (Account(planned=3, accepted=2, unconfirmed=1), Exit.DONE),
        (Account(planned=3, ready=3), Exit.DONE),
        (Account(planned=3, delivered=1, skipped={"paused": 2}), Exit.DONE),
        (Account(planned=2, skipped={"paused": 2}), Exit.NOTHING),
        (Account(planned=0), Exit.NOTHING),
        (Account(planned=3, delivered=2, rejected=1), Exit.PARTLY),
        (Account(planned=3, delivered=2, bounced=1), Exit.PARTLY),
        (Account(planned=3, delivered=2, in_doubt=1), Exit.UNCERTAIN),
        (Account(planned=3, delivered=2, held=1), Exit.UNCERTAIN),
        (Account(planned=3, delivered=2, sending=1), Exit.UNCERTAIN),
        (Account(planned=4, delivered=2, rejected=1, held=1), Exit.UNCERTAIN),
    ],
)
def test_the_code_of_an_account(account: Account, code: Exit) -> None:
    assert outcome.of_sending(sent(account), ()) is code


def test_a_problem_comes_first() -> None:
    account = Account(planned=3, ready=1, held=2)
    assert outcome.of_sending(sent(account, problem="401"), ()) is Exit.PROVIDER
    assert outcome.of_sending(sent(account), (PUT_OFF,)) is Exit.PROVIDER


def test_a_stopped_mailing_needs_a_person() -> None:
    account = Account(planned=3, delivered=1, ready=2)
    assert outcome.of_sending(sent(account, state=MailingState.STOPPED), ()) is Exit.HELD


def lines(account: Account, *waiting: Chunk, again: bool = False, **said: object) -> str:
    return "\n".join(outcome.progress_of_sending(sent(account, **said), waiting, again=again))  # type: ignore[arg-type]


def test_what_is_said() -> None:
    done = Account(planned=3, delivered=3)
    assert lines(done) == ""
    assert lines(done, again=True, calls=0) == "already sent: nobody was mailed again"
    went_on = lines(done, again=True)
    assert went_on.startswith("went on where it had stopped (1 provider call); whoever was known to have it")
    assert "nobody was mailed twice" not in went_on, "whom a person released may have had it"
    waiting = lines(Account(planned=3, ready=3), waiting_until=NOW)
    assert waiting == "3 wait for their hour; the next are due 2026-11-23 06:00 UTC (--now: at once)"
    assert lines(Account(planned=3, ready=3), PUT_OFF, waiting_until=NOW) == (
        "the provider did not take 3 yet: the relay is out of reach; run it again to try again"
    )
    assert lines(Account(planned=3, ready=3), PUT_OFF, problem="the key is refused") == (
        "it stopped early: the key is refused"
    )
    assert "1 in doubt" in lines(Account(planned=1, in_doubt=1))
    assert "`digest status world/2026-11-23` says why" in lines(Account(planned=1, held=1))
    assert "nobody on the list world may be mailed" in lines(Account(planned=0))


def test_the_next_steps_of_a_mailing() -> None:
    """What a killed process leaves says by which command it goes on."""
    left = outcome.next_steps("w/a", state="sending", due=7, held=0)
    assert left == ["next: where no `digest serve` runs, `digest send w/a` goes on with those who are due"]
    assert outcome.next_steps("w/a", state="closed", due=0, held=0) == []
    held = "\n".join(outcome.next_steps("w/a", state="sending", due=0, held=2))
    assert "`digest release w/a`" in held
    assert "gets it twice" in held
    assert "`digest abandon w/a --reason TEXT`" in held
    own = "\n".join(outcome.next_steps("w/a", state="sending", due=1, held=2, correction=3))
    assert "`digest release w/a --correction 3`" in own
    assert "digest send" not in own
    (line,) = outcome.next_steps("w/a", state="sending", due=0, held=2, short=True)
    assert line == "w/a: 2 held; `digest status w/a` says why, and what to do"
