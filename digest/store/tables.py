"""The tables of digest, in the metadata that the subscribers package owns."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects import postgresql

import subscribers.letter_tables  # noqa: F401 - joins the metadata
from digest.model.alarm import AlarmLevel
from digest.model.delivery import ChunkState, DeliveryStatus, MailingState
from digest.model.edition import EditionStatus
from digest.model.feedback import FeedbackKind
from digest.model.job import ProcessKind
from digest.model.run import Phase, RunState
from digest.model.throttle import CallResult
from digest.store import api_tables as api_tables  # the same metadata, a room of its own
from digest.store import desk_tables as desk_tables  # the same metadata, a room of its own
from digest.store import door_tables as door_tables
from digest.store import looks as looks
from digest.store import trial as trial
from subscribers.tables import BigKey, JsonObject, UtcDateTime, metadata, one_of

ONLY_ON = "only_on"
"""In the `info` of a constraint that one of the two databases has: which one."""

stories = Table(
    "stories",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("source", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("content", JsonObject, nullable=False),
    Index(None, "published_at", "source"),
)

source_health = Table(
    "source_health",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("last_attempt", UtcDateTime),
    Column("last_success", UtcDateTime),
    Column("last_new", UtcDateTime),
    Column("failures", Integer, nullable=False),
    Column("next_attempt", UtcDateTime),
    Column("validators", JsonObject, nullable=False),
    # New stories by day, ISO dates: a small history, read and written whole.
    Column("per_day", JsonObject, nullable=False),
    Column("last_error", Text, nullable=False),
)

editions = Table(
    "editions",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("newsletter", String(64), nullable=False),
    Column("date", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String(10), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("approved_by", Text, nullable=False, server_default=""),
    Column("approved_at", UtcDateTime),
    Column("content", JsonObject, nullable=False),
    Index(None, "newsletter", "date"),
    one_of("status", EditionStatus),
)

edition_versions = Table(
    "edition_versions",
    metadata,
    Column("name", String(80), ForeignKey("editions.name"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("content", JsonObject, nullable=False),
)

renderings = Table(
    "renderings",
    metadata,
    Column("name", String(80), ForeignKey("editions.name"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("variant", String(255), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("content", JsonObject, nullable=False),
)

mailings = Table(
    "mailings",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("edition", String(80), nullable=False),
    # The correction that is mailed; 0 = the edition itself.
    Column("correction", BigInteger, nullable=False, server_default="0"),
    Column("list", String(80), nullable=False),
    Column("state", String(10), nullable=False),
    Column("planned_at", UtcDateTime, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("plan_sha256", String(64), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    # How far the chunks that go first have come: the others wait for them (model.delivery.Canary).
    Column("canary", String(10), nullable=False, server_default="none"),
    # Which of the secret keys its delivery keys are made with; empty = the newest.
    Column("signed_by", String(16), nullable=False, server_default=""),
    # One mailing for an edition, and one for each correction, for ever: the database refuses a second one (P1).
    UniqueConstraint("edition", "correction"),
    one_of("state", MailingState),
    # A delivery key names a mailing by id: an id must never come back for another mailing.
    sqlite_autoincrement=True,
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("mailing_id", BigInteger, ForeignKey("mailings.id"), nullable=False),
    Column("variant", String(255), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("owner", Text, nullable=False, server_default=""),
    Column("lease_until", UtcDateTime),
    Column("not_before", UtcDateTime),
    # From the one to the other nobody of it is mailed, however late it is: the quiet hours of its readers.
    Column("quiet_from", UtcDateTime),
    Column("quiet_until", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("settled_at", UtcDateTime),
    # When an event first echoed a delivery of this chunk: the provider has it, and its webhook reaches us.
    Column("first_event_at", UtcDateTime),
    # Sent before the rest, and waited for.
    Column("canary", Boolean, nullable=False, server_default=false()),
    Column("message_id", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    # Who has it, or may have it. A ready chunk that names one goes to nobody else: nobody twice by two providers.
    Column("provider", String(20), nullable=False, server_default=""),
    # How many of its calls had no answer and were not taken back: with any, that provider may have it.
    Column("doubts", Integer, nullable=False, server_default="0"),
    # When the first of them began that nobody has decided to repeat: so old is the key that its provider knows it by.
    Column("doubted_at", UtcDateTime),
    # The provider's name for the last call, by which it can be taken back before send_at.
    Column("reservation", Text, nullable=False, server_default=""),
    Column("send_at", UtcDateTime),
    # How often its only reader was refused and that was not believed, and when first.
    Column("refusals", Integer, nullable=False, server_default="0"),
    Column("refused_at", UtcDateTime),
    Index(None, "mailing_id", "state", "due_at"),
    Index("ix_chunks_state_sent_at", "state", "sent_at"),
    one_of("state", ChunkState),
    CheckConstraint("first_seq <= last_seq", name="range"),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("mailing_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("subscriber_id", BigInteger, nullable=False),
    Column("status", String(10), nullable=False),
    # The reason of a skipped delivery, or the provider's word for a bounced or dropped one.
    Column("note", Text, nullable=False, server_default=""),
    Column("changed_at", UtcDateTime),
    # One delivery of a mailing to one reader (P1); also answers "what did this reader get".
    UniqueConstraint("subscriber_id", "mailing_id"),
    # PostgreSQL would look for the mailing of every row of a plan, which takes as long as to write it. Rows are made by
    # a plan alone, in the transaction that makes their mailing, and no mailing is ever deleted.
    ForeignKeyConstraint(["mailing_id"], ["mailings.id"], info={ONLY_ON: "sqlite"}).ddl_if(dialect="sqlite"),
    one_of("status", DeliveryStatus),
    sqlite_with_rowid=False,
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", BigKey, primary_key=True),
    # What an event is, whatever id a repeat of it comes under: it is made of the mailing, among others.
    Column("event_key", String(40), nullable=False),
    Column("provider", String(20), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("mailing_id", BigInteger),
    Column("seq", BigInteger),
    Column("detail", Text, nullable=False, server_default=""),
    Column("url", Text, nullable=False, server_default=""),
    Column("machine", Boolean, nullable=False, server_default=false()),
    Index(None, "mailing_id", "seq"),
    UniqueConstraint("event_key", info={ONLY_ON: "sqlite"}).ddl_if(dialect="sqlite"),
    # There it lies in ranges of mailings (store.partitions), and a unique key holds what they are cut by.
    UniqueConstraint("mailing_id", "event_key", info={ONLY_ON: "postgresql"}).ddl_if(dialect="postgresql"),
    one_of("kind", FeedbackKind),
)

hook_posts = Table(
    "hook_posts",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("provider", String(20), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    # The raw post, kept as it came: what we read out of it can be read again.
    Column("body", LargeBinary, nullable=False),
    Column("applied_at", UtcDateTime),
    Column("note", Text, nullable=False, server_default=""),
    # How often applying it failed. With an applied_at it was set aside: nothing of it is done.
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("try_at", UtcDateTime),
    Index(None, "applied_at", "id"),
    Index("ix_hook_posts_tried", "id", sqlite_where=text("tries > 0"), postgresql_where=text("tries > 0")),
)

tracked_links = Table(
    "tracked_links",
    metadata,
    # Where a tracked link may lead: the address is looked up here and never taken from a request.
    Column("edition", String(80), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("url", Text, nullable=False),
)

throttles = Table(
    "throttles",
    metadata,
    Column("provider", String(20), primary_key=True),
    Column("tokens", Float, nullable=False),
    Column("filled_at", UtcDateTime, nullable=False),
    Column("day", Date, nullable=False),
    Column("sent_today", BigInteger, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    # Until then nobody calls: too many calls in a row failed, or it said how long to wait, or it refused our key.
    Column("open_until", UtcDateTime),
    Column("reason", Text, nullable=False, server_default=""),
)

sends = Table(
    "sends",
    metadata,
    # Readers by what became of them in a call, since the beginning: for graphs, and for nobody's decision.
    Column("provider", String(20), primary_key=True),
    Column("result", String(10), primary_key=True),
    Column("readers", BigInteger, nullable=False),
    one_of("result", CallResult),
)

chores = Table(
    "chores",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("turn", BigInteger, nullable=False),
    Column("owner", Text, nullable=False),
    Column("lease_until", UtcDateTime, nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    # When the last turn began that ended well: from there on the next one looks.
    Column("good_at", UtcDateTime),
    Column("note", Text, nullable=False, server_default=""),
)

processes = Table(
    "processes",
    metadata,
    # Who is at work: for people who look, and for nobody's decision.
    Column("owner", String(200), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("version", String(40), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    one_of("kind", ProcessKind),
)

leases = Table(
    "leases",
    metadata,
    # Which of several processes acts; the others stand by until its time is over.
    Column("name", String(40), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("newsletter", String(64), primary_key=True),
    Column("date", Date, primary_key=True),
    Column("phase", String(10), primary_key=True),
    Column("slot", String(8), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("owner", Text, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="1"),
    Column("lease_until", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("note", Text, nullable=False, server_default=""),
    one_of("state", RunState),
    one_of("phase", Phase),
)

log = Table(
    "log",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("event", String(60), nullable=False),
    Column("subject", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Index(None, "subject"),
    # What is older than its time goes by this.
    Index(None, "at"),
)

# The key of erasures, once under each secret key that opens it.
lasting_keys = Table(
    "lasting_keys",
    metadata,
    # A keyed hash of the secret key: which one that is, and nothing more.
    Column("secret_id", String(16), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

installation = Table(
    "installation",
    metadata,
    # One row: whose database this is, and where it lay when it was last known to be the real one.
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("id", String(32), nullable=False),
    Column("place", String(64), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    # Why nothing may be sent; empty = it may.
    Column("paused", Text, nullable=False, server_default=""),
    CheckConstraint("one = 1", name="one"),
)

edition_words = Table(
    "edition_words",
    metadata,
    # For the search of the archive: every word of an edition once, folded as `editorial.words.search_words` does.
    Column("edition", String(80), ForeignKey("editions.name"), primary_key=True),
    # By code points on both databases, so that a beginning of a word is one range of the key.
    Column("word", String(40).with_variant(postgresql.VARCHAR(40, collation="C"), "postgresql"), primary_key=True),
    Column("version", Integer, nullable=False),
    sqlite_with_rowid=False,
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("edition", String(80), ForeignKey("editions.name"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("text", Text, nullable=False),
    # Who let it be mailed to those who got the edition; empty = nobody has.
    Column("approved_by", Text, nullable=False, server_default=""),
    Column("approved_at", UtcDateTime),
    # Who approves of a large mailing of it, and waits for a second person: one of `people`, whose ids stay theirs.
    Column("asked_person", BigKey),
    Column("asked_by", Text, nullable=False, server_default=""),
    Column("asked_at", UtcDateTime),
)

alarms = Table(
    "alarms",
    metadata,
    Column("id", BigKey, primary_key=True),
    # What is wrong, by name: one alarm at a time stands for it.
    Column("key", String(160), nullable=False),
    Column("level", String(10), nullable=False),
    Column("what", Text, nullable=False),
    Column("why", Text, nullable=False, server_default=""),
    Column("next_step", Text, nullable=False, server_default=""),
    Column("since", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime),
    Column("over_at", UtcDateTime),
    Column("over_told_at", UtcDateTime),
    # It is told anew where it has twice this size; and when that was seen, until it is told.
    Column("size", BigInteger, nullable=False, server_default="0"),
    Column("worse_at", UtcDateTime),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("try_at", UtcDateTime, nullable=False),
    # Two processes that see one trouble in the same second make one alarm of it.
    Index("ix_alarms_standing", "key", unique=True, sqlite_where=text("over_at IS NULL"),
          postgresql_where=text("over_at IS NULL")),
    one_of("level", AlarmLevel),
)  # fmt: skip

heartbeats = Table(
    "heartbeats",
    metadata,
    # An edition that is out has told the monitor so: once.
    Column("edition", String(80), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

mailing_statistics = Table(
    "mailing_statistics",
    metadata,
    # What is kept of a mailing whose rows are gone: its account, as numbers.
    Column("mailing_id", BigInteger, ForeignKey("mailings.id"), primary_key=True, autoincrement=False),
    Column("account", JsonObject, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
