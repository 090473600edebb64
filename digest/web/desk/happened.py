"""What stands in the log and on the machine's page under a name of the program's, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping

from digest.model.job import Process
from digest.model.report import LogLine
from digest.model.run import RunKey
from digest.render.words import Words

OWNER_PARTS = 5
"""Host, boot, process namespace, number and start: how a process is named."""


def happened(words: Words) -> Mapping[str, str]:
    """Words for every kind of line that the log has; a test looks that none is missing."""
    say = words.say
    return {
        "address.allowed": say("Took a suppression back"),
        "address.suppressed": say("Kept mail back from an address"),
        "canary.failed": say("The first readers were not well served"),
        "canary.overruled": say("Sent on all the same"),
        "canary.passed": say("The first readers were well served"),
        "check.unwaived": say("Let a warning count again"),
        "check.waived": say("Let a warning stand"),
        "chunk.answered_late": say("An answer of the provider came late"),
        "chunk.not_recalled": say("A call could not be taken back"),
        "correction.approved": say("Approved the mailing of a correction"),
        "correction.second_asked": say("Asked a second person to approve a correction"),
        "correction.second_unasked": say("Asked no second person to approve a correction any more"),
        "database.adopted": say("Adopted the database"),
        "database.backed_up": say("Backed up the database"),
        "database.rekeyed": say("Sealed the database under a new key"),
        "database.restored": say("Restored the database"),
        "doctor.ran": say("Looked whether everything is in place"),
        "edition.approval_void": say("The approval is void"),
        "edition.approved": say("Approved the edition"),
        "edition.composed": say("Composed the edition"),
        "edition.corrected": say("Corrected the edition"),
        "edition.edited": say("Changed the edition"),
        "edition.held": say("Held the edition"),
        "edition.released": say("Nothing blocks the edition any more"),
        "edition.skipped": say("Skipped the edition"),
        "edition.second_asked": say("Asked a second person to approve"),
        "edition.second_unasked": say("Asked no second person any more"),
        "edition.taken_back": say("Took a decision back"),
        "edition.tested": say("Mailed a test"),
        "edition.uncorrected": say("Took a correction back"),
        "import.begun": say("Brought a file of readers in"),
        "import.rehearsed": say("Rehearsed a file of readers"),
        "import.stopped": say("Stopped an import"),
        "import.taken_up": say("Went on with an import"),
        "list.added": say("Made a list"),
        "list.changed": say("Changed a list"),
        "look.changed": say("Changed the look"),
        "look.taken_back": say("Took a look back"),
        "mailing.abandoned": say("Gave the rest up"),
        "mailing.asked": say("Pressed send"),
        "mailing.closed": say("The mailing is over"),
        "mailing.given_up": say("Gave up readers who were held for too long"),
        "mailing.paused": say("Paused the mailing"),
        "mailing.planned": say("Planned the mailing"),
        "mailing.released": say("Let go of what was held back"),
        "mailing.resumed": say("Went on with the mailing"),
        "mailing.started": say("Began the mailing"),
        "mailing.stopped": say("Stopped the mailing"),
        "mailing.taken_up": say("Let go of what was given up"),
        "note.kept": say("Left a note for tomorrow"),
        "note.taken_back": say("Took a note for tomorrow back"),
        "person.changed": say("Changed what somebody may do"),
        "person.given_back": say("Gave an access back"),
        "person.invited": say("Invited somebody"),
        "person.left": say("Ended an access"),
        "person.new_device": say("Signed in with a new browser"),
        "person.passkey_added": say("Added a passkey"),
        "person.passkey_copied": say("A passkey may have been copied"),
        "person.passkey_removed": say("Removed a passkey"),
        "person.refused": say("A sign-in was refused"),
        "person.signed_in": say("Signed in"),
        "person.signed_out": say("Signed out"),
        "person.totp_off": say("Ended an authenticator app"),
        "person.totp_on": say("Set an authenticator app up"),
        "provider.refused": say("The provider refused"),
        "provider.rests": say("The provider rests"),
        "reader.added": say("Added a reader"),
        "reader.changed": say("Changed a reader"),
        "reader.chose": say("A reader chose"),
        "reader.enrolled": say("Enrolled a reader"),
        "reader.erased": say("Erased a reader"),
        "reader.moved": say("A reader changed their address"),
        "reader.moved_back": say("A reader took a change of address back"),
        "reader.subscribed": say("Subscribed a reader"),
        "reader.unsubscribed": say("Unsubscribed a reader"),
        "readers.exported": say("Exported readers"),
        "segment.removed": say("Removed a segment"),
        "segment.saved": say("Saved a segment"),
        "signups.ceiling": say("Too many sign-ups at once"),
        "source.added": say("Added a source"),
        "source.switched_off": say("Switched a source off"),
        "source.switched_on": say("Switched a source on"),
        "subject.chosen": say("Chose one of two subjects"),
        "token.created": say("Made a token"),
        "token.revoked": say("Ended a token"),
        "trial.asked": say("Mailed a test of the trial"),
        "trial.confirmed": say("Confirmed a step of the trial"),
        "webhook.added": say("Added a webhook"),
        "webhook.changed": say("Changed a webhook"),
        "webhook.disabled": say("A webhook was switched off"),
        "webhook.enabled": say("Switched a webhook on"),
        "webhook.paused": say("Paused a webhook"),
        "webhook.removed": say("Removed a webhook"),
        "webhook.replayed": say("Posted to a webhook again"),
        "webhook.resumed": say("Went on with a webhook"),
        "webhook.rotated": say("Made a webhook a new secret"),
    }


def detail_of(line: LogLine) -> str:
    """What a line says beside its kind. Of a segment that was removed its name: the rest is for putting it back."""
    if line.event == "segment.removed":
        try:
            return str(json.loads(line.detail)["name"])
        except (ValueError, KeyError, TypeError):
            return ""
    return line.detail


def phase_of(words: Words, key: RunKey) -> str:
    """A phase of a day: what was done."""
    say = words.say
    said = {
        "collect": say("Collect"),
        "compose": say("Compose"),
        "approve": say("The rule decides"),
        "remind": say("Remind"),
        "send": say("Send"),
    }
    if key.reminds:
        return said["remind"]
    return f"{said[key.phase.value]} {key.slot}".strip()


def chore_of(words: Words, name: str) -> str:
    """A chore, and the provider that it asks."""
    say, (kind, _, provider) = words.say, name.partition("/")
    said = {
        "bounces": say("Read bounces"),
        "suppressions": say("Compare what was added to suppression lists"),
        "all-suppressions": say("Compare whole suppression lists"),
        "lookups": say("Ask about calls in doubt"),
        "aftermath": say("Settle what was missed"),
        "retention": say("Forget what is old"),
        "backup": say("Backup"),
    }
    return f"{said.get(kind, kind)}{provider and f' ({provider})'}"


def queue_of(words: Words, name: str) -> str:
    """A queue of the engine: what its jobs do. Another version may have one that this one does not know."""
    say = words.say
    said = {
        "collect": say("Collect"),
        "compose": say("Compose"),
        "approve": say("The rule decides"),
        "send": say("Plan the mailing"),
        "remind": say("Remind"),
        "approved": say("Late approvals"),
        "drain": say("Send"),
        "posts": say("Posts of the provider"),
        "letters": say("Letters"),
        "chore": say("Chores"),
    }
    return said.get(name, name)


def doing_of(words: Words, process: Process) -> str:
    """What a process does: its jobs, or that it waits."""
    say = words.say
    said = {
        "": "",
        "waits": say("Waits for work"),
        "acts": say("Acts"),
        "stands by": say("Stands by"),
        "takes no jobs: its clock is not believed": say("Takes no jobs: its clock is not believed"),
    }
    if process.note in said:
        return said[process.note]
    jobs: dict[str, None] = {}
    for one in process.note.split(", "):
        kind, _, rest = one.partition(":")
        about = rest.rpartition(":")[0]
        jobs[f"{queue_of(words, kind)} {about}".strip()] = None
    return ", ".join(jobs)


def place_of(process: Process) -> str:
    """The machine of a process, and its number there."""
    parts = process.owner.split("/")
    return f"{parts[0]} · {parts[3]}" if len(parts) == OWNER_PARTS else process.owner
