"""What `digest doctor` looks at; every check says what it found and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from digest.cli import checkup_bucket, checkup_hooks, checkup_machine, checkup_provider, checkup_sources
from digest.cli.checkup_line import Check, Level
from digest.cli.exits import ASK_THE_DOCTOR, explain
from digest.cli.trial import trial_edition
from digest.model.alarm import AlarmLevel
from digest.model.counted import counted
from digest.model.delivery import MailingState
from digest.model.errors import DigestError
from digest.model.mail import Variant
from digest.model.newsletter import Newsletter
from digest.settings import Settings
from digest.store import db, installation, lasting, schema
from digest.store.tx import Store, StoredTx
from digest.wiring import (
    from_domain,
    mail_leaves,
    open_database,
    open_renderer,
    owner_name,
    read_logo,
    secret_keys,
    utc_now,
)
from digest.workflow.hours import send_instant

OLD_BACKUP = timedelta(days=2)
PATIENCE = 3.0
"""Seconds that a look waits for whoever holds a SQLite file. A service that begins waits for the doctor."""


def checks(settings: Settings, *, online: bool) -> Iterator[Check]:
    """Every check in the order of the report. A check that breaks is itself a failure and stops no other."""
    looks: list[tuple[str, Callable[[], Check | Iterator[Check] | None]]] = [
        ("python", checkup_machine.python),
        ("clock", lambda: checkup_machine.clock(utc_now())),
        ("zones", lambda: checkup_machine.zones(settings)),
        ("disk", lambda: checkup_machine.disk(settings.var_dir)),
        ("database", lambda: _database(settings)),
        ("writing", lambda: _writing(settings)),
        ("secret key", lambda: checkup_machine.secret_key(settings)),
        ("erasures", lambda: _erasures(settings)),
        ("base URL", lambda: _base_url(settings, online=online)),
        ("templates", lambda: _templates(settings)),
        ("logos", lambda: _logos(settings)),
        ("look", lambda: _look(settings)),
        ("sources", lambda: _sources(settings)),
        ("source health", lambda: _health(settings)),
        ("network", lambda: checkup_sources.reach(settings) if online else iter(())),
        ("provider", lambda: _provider(settings, online=online)),
        ("bounces", lambda: _bounces(settings, online=online)),
        ("webhook", lambda: _webhook(settings, online=online)),
        ("From domain", lambda: _domain(settings, online=online)),
        (checkup_bucket.WHAT, lambda: checkup_bucket.look(settings, utc_now(), online=online)),
        ("alarms", lambda: _operator(settings)),
        ("trial", lambda: _trial(settings)),
        ("standing", lambda: _standing(settings)),
        ("next sending", lambda: _next_sending(settings, utc_now())),
    ]
    yield Check(level="ok", what="configuration", found="every key is known")
    broken = False
    for what, look in looks:
        if broken and what in _REMEMBERED:
            # The line about the database says what is wrong with it; the same once for each table helps nobody.
            continue
        try:
            found = look()
            for one in [found] if isinstance(found, Check) else found or ():
                broken = broken or (what == "database" and one.level == "fail")
                yield one
        except (DigestError, OSError, SQLAlchemyError) as error:
            broken = broken or what == "database"
            said = explain(error).removesuffix(ASK_THE_DOCTOR)
            yield Check(level="fail", what=what, found=said, fix=MENDING.get(what, _LOOK))


_REMEMBERED = frozenset({"writing", "look", "trial", "standing", "erasures", "source health"})
"""Looks that ask the database alone."""
_LOOK = "mend what the line says, and ask the doctor again"
MENDING = {
    "disk": "mend the rights of var_dir, or choose another",
    "database": (
        "locked: end what holds it (fuser FILE). No connection: start the server, or mend storage.url. Only where it "
        "is broken: docs/how-to/back-up-and-restore.md"
    ),
    "secret key": "mend the rights of the file, or restore it from the backup: links in old mails need it",
    "writing": (
        "end what holds it (fuser FILE), or ask again where a large import or erasure goes on; while it lasts nothing "
        "is sent"
    ),
    "templates": "take the file as it was released, or mend the line",
    "erasures": "put the key back for one start: docs/how-to/change-the-secret-key.md",
    "logos": "mend newsletters.theme.logo",
    "sources": "mend `sources` in the configuration",
    "network": "mend `sources` in the configuration",
    "provider": "mend `provider` in the configuration: docs/reference/providers",
    "bounces": "mend `bounces` in the configuration",
    "webhook": "copy the provider's key anew: docs/reference/providers",
    "From domain": "ask again when the DNS can be reached",
    checkup_bucket.WHAT: checkup_bucket.MENDING,
}
"""What to do where a look itself fails, by what was looked at."""


def _logos(settings: Settings) -> Iterator[Check]:
    """Whether each newsletter's logo can be read; nothing is said where there is none."""
    for one in settings.newsletters:
        encoded = read_logo(one)
        if encoded is not None:
            yield Check(level="ok", what="logos", found=f"{one.slug}: {one.theme.logo}")


def _erasures(settings: Settings) -> Iterator[Check]:
    """Whether addresses that were erased would be known again; nothing is said where nobody was."""
    with _remembered(settings) as tx:
        count = lasting.remembered(tx.connection) if tx is not None else 0
        known = tx is None or lasting.opened_by(tx.connection, secret_keys(settings))
    if not known:
        raise lasting.KeyLost(count)
    if count:
        yield Check(level="ok", what="erasures", found=f"{count:,} erased addresses would be known again")


def _look(settings: Settings) -> Iterator[Check]:
    """What the desk set over the configuration; nothing is said where it set nothing."""
    with _remembered(settings) as tx:
        changes = tx.looks.newest() if tx is not None else {}
    for one in settings.newsletters:
        change = changes.get(one.slug)
        if change is not None and change.look.named:
            found = f"{one.slug}: {', '.join(change.look.named)} set at the desk by {change.by}, over the configuration"
            yield Check(level="ok", what="look", found=found)


@contextmanager
def _remembered(settings: Settings) -> Iterator[StoredTx | None]:
    """The database to look into; None where it is not there yet, or of another version. A doctor changes neither."""
    url = make_url(settings.storage.url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        yield None
        return
    store = Store(open_database(settings, patience=PATIENCE))
    try:
        if schema.current(store.engine) != schema.newest():
            yield None
            return
        with store.read() as tx:
            yield tx
    finally:
        store.close()


def note_checks(settings: Settings, found: Sequence[Check]) -> None:
    """Leave the outcome in the log for whoever looks at the desk, where there is a database of this version."""
    if any(one.what in ("database", "writing") and one.level == "fail" for one in found):
        return
    troubles = [f"{one.what}: {one.found}" for one in found if one.level != "ok"]
    said = f"{len(found) - len(troubles)} of {len(found)} are well" + "".join(f"; {one}" for one in troubles)
    with suppress(DigestError, OSError, SQLAlchemyError):
        # What is wrong with the database was just told.
        with _remembered(settings) as tx:
            if tx is None:
                return
        store = Store(open_database(settings, patience=PATIENCE))
        try:
            with store.begin() as tx:
                tx.log("doctor.ran", "installation", by=owner_name(), now=utc_now(), detail=said)
        finally:
            store.close()


def _standing(settings: Settings) -> Iterator[Check]:
    """Whether this is the installation that sends, what was backed up, and which alarms stand."""
    with _remembered(settings) as tx:
        if tx is None:
            return
        here = installation.read(tx.connection)
        alarms = tx.alarms.standing()
        backed_up = tx.last_logged("database.backed_up")
        sent = tx.ledger.mailings(*MailingState)
        newest = tx.runs.recent(1)
    for run in newest:
        yield from checkup_machine.trace(utc_now(), run.started_at)
    if here is not None and here.paused:
        fix = "digest db adopt --yes, if no other copy sends"
        yield Check(level="fail", what="installation", found=f"paused: {here.paused}", fix=fix)
    for alarm in alarms:
        level: Level = "fail" if alarm.trouble.level is AlarmLevel.CRITICAL else "warn"
        yield Check(level=level, what="alarm", found=alarm.trouble.what, fix=alarm.trouble.next_step)
    if backed_up is not None and utc_now() - backed_up < OLD_BACKUP:
        yield Check(level="ok", what="backup", found=f"the last one is of {backed_up:%Y-%m-%d %H:%M} UTC")
    elif sent:
        found = "none was ever made" if backed_up is None else f"the last one is of {backed_up:%Y-%m-%d %H:%M} UTC"
        fix = "digest backup DIR, every night: deploy/systemd/digest-backup.timer"
        yield Check(level="warn", what="backup", found=found, fix=fix)


def _trial(settings: Settings) -> Iterator[Check]:
    """Whom a new installation may mail; nothing is said where nothing leaves the machine, or all is confirmed."""
    with _remembered(settings) as tx:
        if tx is None or not mail_leaves(settings):
            return
        found = tx.trial.read()
    if not found.over:
        said = f"only people of the desk and seeds are mailed; missing: {', '.join(found.missing)}"
        yield Check(level="warn", what="trial", found=said, fix="digest trial status")


def _operator(settings: Settings) -> Check:
    ways = [name for name, there in (
        ("mail", bool(settings.alarms.mail.to)),
        ("webhook", bool(settings.alarms.webhook.url)),
        ("heartbeat", bool(settings.alarms.heartbeat_url.get_secret_value() or settings.alarms.heartbeat_urls)),
    ) if there]  # fmt: skip
    if ways:
        return Check(level="ok", what="alarms", found=f"you are told by {', '.join(ways)}")
    if settings.provider.kind == "outbox":
        return Check(level="ok", what="alarms", found="nobody is told of trouble (this is a trial, as the outbox is)")
    fix = "set alarms.mail, alarms.webhook or the heartbeat: docs/how-to/be-told.md"
    return Check(
        level="warn", what="alarms", found="nobody is told when an edition is held or the provider is down", fix=fix
    )


def _domain(settings: Settings, *, online: bool) -> Iterator[Check]:
    if online and settings.provider.kind != "outbox":
        for level, what, found, fix in from_domain.look(settings):
            yield Check(level=level, what=what, found=found, fix=fix)


def _database(settings: Settings) -> Check:
    url = make_url(settings.storage.url)
    shown = db.shown(url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        # Looking at it would make it: a doctor leaves everything as it is.
        fix = "the first command makes it; `digest init` does so in a new place"
        return Check(level="warn", what="database", found=f"{shown} is not there yet", fix=fix)
    engine = open_database(settings, patience=PATIENCE)
    try:
        revision, newest = schema.current(engine), schema.newest()
    finally:
        engine.dispose()
    if revision == newest:
        return Check(level="ok", what="database", found=f"{shown}, schema {revision}")
    found = f"{shown} is at schema {revision or 'none'}, this version wants {newest}"
    if revision is not None and revision > newest:
        fix = "a newer version was here: install it again; no command of this one touches the database"
        return Check(level="fail", what="database", found=found, fix=fix)
    return Check(level="warn", what="database", found=found, fix="the next command upgrades it; make a copy first")


def _writing(settings: Settings) -> Iterator[Check]:
    """Whether a SQLite file can be written within our patience: to read it never waits for whoever writes.

    The write lock is taken and given back, and nothing is written. Raises StorageFailed.
    """
    url = make_url(settings.storage.url)
    if url.get_backend_name() != "sqlite" or not Path(url.database or "").exists():
        return
    engine = open_database(settings, patience=PATIENCE)
    try:
        with db.write(engine):
            yield from ()
    finally:
        engine.dispose()


def _base_url(settings: Settings, *, online: bool) -> Check:
    url = settings.site.base_url
    host = urlsplit(url).hostname or ""
    here = host in ("127.0.0.1", "localhost", "::1")
    if here and settings.provider.kind == "outbox":
        return Check(level="ok", what="base URL", found=f"{url} (this machine, as the outbox is)")
    if here:
        fix = "set site.base_url to the address that readers reach: every link in a mail begins with it"
        return Check(level="warn", what="base URL", found=f"{url} is this machine only", fix=fix)
    if not url.startswith("https://"):
        fix = "use https: mail programs offer one-click unsubscribe only then"
        return Check(level="warn", what="base URL", found=url, fix=fix)
    if online and (trouble := checkup_hooks.unreachable(url)):
        fix = "start `digest serve`, and look at the proxy, the DNS and the certificate: every link in a mail ends here"
        return Check(level="warn", what="base URL", found=f"{url}: {trouble}", fix=fix)
    return Check(level="ok", what="base URL", found=f"{url} answers" if online else url)


def _templates(settings: Settings) -> Iterator[Check]:
    renderer = open_renderer()
    for one in settings.newsletters:
        newsletter = one.newsletter()
        edition = trial_edition(newsletter, utc_now())
        variant = Variant(language=newsletter.language)
        made = renderer.render(edition, newsletter, variant, view_url=settings.site.base_url.rstrip("/") + "/trial")
        size = f"{newsletter.slug}: a trial edition renders ({len(made.html.encode()):,} bytes)"
        if made.left_out:
            found = f"{newsletter.slug}: {made.left_out[0]}"
            yield Check(level="fail", what="templates", found=found, fix=MENDING["templates"])
        else:
            yield Check(level="ok", what="templates", found=size)


def _sources(settings: Settings) -> Iterator[Check]:
    if not settings.sources:
        yield Check(level="fail", what="sources", found="none", fix="name some under `sources:`")
    missing = [one for one in settings.sources if one.kind == "folder" and not (one.path and one.path.is_dir())]
    for one in missing:
        fix = "make the folder, or mend the path"
        yield Check(level="fail", what="sources", found=f"{one.slug}: {one.path} is not a folder", fix=fix)
    folders = sum(1 for one in settings.sources if one.kind == "folder")
    remote = len(settings.sources) - folders
    if not missing and settings.sources:
        yield Check(level="ok", what="sources", found=f"{counted(folders, 'folder')}, {remote} from the network")


def _health(settings: Settings) -> Iterator[Check]:
    """Sources that fail or have become silent, where a database can tell."""
    with _remembered(settings) as tx:
        health = tx.sources.health(one.slug for one in settings.sources) if tx is not None else {}
    for slug, one in health.items():
        if one.trouble:
            fix = f"`digest sources test` its address, or take it out: {slug}"
            yield Check(level="warn", what="source health", found=f"{slug}: {one.trouble}", fix=fix)


def _provider(settings: Settings, *, online: bool) -> Check:
    level, found, fix = checkup_provider.look(settings, online=online)
    return Check(level=level, what="provider", found=found, fix=fix)


def _bounces(settings: Settings, *, online: bool) -> Iterator[Check]:
    answer = checkup_provider.bounces(settings, online=online)
    if answer is not None:
        level, found, fix = answer
        yield Check(level=level, what="bounces", found=found, fix=fix)


def _webhook(settings: Settings, *, online: bool) -> Iterator[Check]:
    answer = checkup_hooks.look(settings, online=online)
    if answer is not None:
        level, found, fix = answer
        yield Check(level=level, what="webhook", found=found, fix=fix)


def _next_sending(settings: Settings, now: datetime) -> Iterator[Check]:
    for one in settings.newsletters:
        newsletter = one.newsletter()
        at = next_sending(newsletter, now)
        local = at.astimezone(ZoneInfo(newsletter.zone))
        utc = "" if newsletter.zone == "UTC" else f" ({at:%H:%M} UTC)"
        found = f"{newsletter.slug}: {local:%a %Y-%m-%d %H:%M} {newsletter.zone}{utc}, if `digest serve` runs"
        yield Check(level="ok", what="next sending", found=found)


def next_sending(newsletter: Newsletter, now: datetime) -> datetime:
    """When the next edition begins to go out, UTC."""
    today = now.astimezone(ZoneInfo(newsletter.zone)).date()
    days = (today + timedelta(days=ahead) for ahead in range(400))
    instants = (send_instant(newsletter, day) for day in days if newsletter.appears(day))
    return next((at for at in instants if at > now), now)
