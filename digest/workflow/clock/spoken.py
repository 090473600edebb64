"""What a sweep did and what a watch found, as lines of the clock's log."""

from __future__ import annotations

import structlog

from digest.model.alarm import AlarmLevel
from digest.model.run import RunState
from digest.workflow.clock.alarms import Watched
from digest.workflow.clock.due import Swept

_log = structlog.stdlib.get_logger("digest.scheduler")


def say_watched(found: Watched) -> None:
    """News of alarms, once each. A critical one is an error: whoever looks for errors finds it."""
    for event, troubles in (("alarm.begun", found.news), ("alarm.worse", found.worse)):
        for one in troubles:
            log = _log.error if one.level is AlarmLevel.CRITICAL else _log.warning
            log(event, alarm=one.key, what=one.what, next=one.next_step)
    for key in found.ended:
        _log.info("alarm.over", alarm=key)
    for reason in found.unreachable:
        _log.warning("operator.unreachable", reason=reason)


def say_swept(swept: Swept, *, stopping: bool) -> None:
    """Each phase that ended, each turn of a chore, and each mailing of which something was sent."""
    for key, state, note in swept.ran:
        # What a stop cut short is marked failed so that the next process begins it anew: no reason for an alarm.
        log = _log.error if state is RunState.FAILED and not stopping else _log.info
        log("phase.ended", run=str(key), newsletter=key.newsletter, date=str(key.date), phase=key.phase.value,
            state=state.value, slot=key.slot, note=note)  # fmt: skip
    for chore in swept.chores:
        (_log.info if chore.good else _log.warning)("chore.ended", chore=chore.name, good=chore.good, note=chore.note)
    for wave in swept.sent:
        said = {"edition": wave.mailing, "calls": wave.calls, "readers": wave.taken, "why": wave.problem}
        if wave.taken:
            _log.info("waves.sent", **said)
        else:
            _log.warning("waves.put_off", **said)
