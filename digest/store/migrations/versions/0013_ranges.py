"""On PostgreSQL, deliveries and feedback lie in ranges of mailings: old rows go by dropping a table.

What is there becomes the range of the past as it lies: no row is written anew. It is read once to be sure of its bounds,
and an index of feedback is built. An event is known by its mailing and its key: a unique key of a table that lies in
ranges must hold what they are cut by, and the key is made of the mailing anyway. SQLite stays as it is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_DELIVERIES = (
    "ALTER TABLE deliveries RENAME TO deliveries_past",
    "ALTER TABLE deliveries_past RENAME CONSTRAINT pk_deliveries TO pk_deliveries_past",
    "ALTER TABLE deliveries_past RENAME CONSTRAINT uq_deliveries_subscriber_id_mailing_id TO uq_deliveries_past",
    "CREATE TABLE deliveries (LIKE deliveries_past INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
    " PARTITION BY RANGE (mailing_id)",
    "ALTER TABLE deliveries ADD CONSTRAINT pk_deliveries PRIMARY KEY (mailing_id, seq)",
    "ALTER TABLE deliveries ADD CONSTRAINT uq_deliveries_subscriber_id_mailing_id UNIQUE (subscriber_id, mailing_id)",
    "ALTER TABLE deliveries ADD CONSTRAINT fk_deliveries_mailing_id_mailings"
    " FOREIGN KEY (mailing_id) REFERENCES mailings (id)",
    "CREATE TABLE deliveries_rest PARTITION OF deliveries DEFAULT",
    "ALTER TABLE deliveries ATTACH PARTITION deliveries_past FOR VALUES FROM (MINVALUE) TO ({end})",
)
_FEEDBACK = (
    "ALTER TABLE feedback RENAME TO feedback_past",
    "ALTER TABLE feedback_past DROP CONSTRAINT pk_feedback",
    "ALTER TABLE feedback_past DROP CONSTRAINT uq_feedback_event_key",
    "ALTER INDEX ix_feedback_mailing_id_seq RENAME TO ix_feedback_past_mailing_id_seq",
    "CREATE TABLE feedback (LIKE feedback_past INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
    " PARTITION BY RANGE (mailing_id)",
    "ALTER SEQUENCE feedback_id_seq OWNED BY feedback.id",
    "ALTER TABLE feedback ADD CONSTRAINT uq_feedback_mailing_id_event_key UNIQUE (mailing_id, event_key)",
    "CREATE INDEX ix_feedback_mailing_id_seq ON feedback (mailing_id, seq)",
    "CREATE TABLE feedback_rest PARTITION OF feedback DEFAULT",
    # Two rows without a mailing are never equal to that key: they all lie here, and here they are.
    "CREATE UNIQUE INDEX uq_feedback_rest_event_key ON feedback_rest (event_key) WHERE mailing_id IS NULL",
    "WITH gone AS (DELETE FROM feedback_past WHERE mailing_id IS NULL RETURNING *)"
    " INSERT INTO feedback_rest SELECT * FROM gone",
    "ALTER TABLE feedback ATTACH PARTITION feedback_past FOR VALUES FROM (MINVALUE) TO ({end})",
)
_FIRST = "CREATE TABLE {table}_from_{end} PARTITION OF {table} FOR VALUES FROM ({end}) TO ({next})"
# Ids that were given to mailings that nobody planned in the end count too: no id comes back.
_END = """
SELECT 1 + greatest((SELECT coalesce(max(id), 0) FROM mailings), CASE WHEN is_called THEN last_value ELSE 0 END)
FROM mailings_id_seq
"""


def upgrade() -> None:
    conn = op.get_bind()
    if conn.dialect.name != "postgresql":
        return
    end = conn.scalar(sa.text(_END))
    for statement in (*_DELIVERIES, *_FEEDBACK):
        op.execute(statement.format(end=end))
    for table in ("deliveries", "feedback"):
        op.execute(_FIRST.format(table=table, end=end, next=end + 32))
        if end == 1:
            # Nothing was ever planned: there is no past.
            op.execute(f"DROP TABLE {table}_past")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in ("deliveries", "feedback"):
        op.execute(f"ALTER TABLE {table} RENAME TO {table}_parted")
        op.execute(f"CREATE TABLE {table} (LIKE {table}_parted INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        op.execute(f"INSERT INTO {table} SELECT * FROM {table}_parted")  # noqa: S608
    op.execute("ALTER SEQUENCE feedback_id_seq OWNED BY feedback.id")
    for table in ("deliveries", "feedback"):
        op.execute(f"DROP TABLE {table}_parted")
    op.execute("ALTER TABLE deliveries ADD CONSTRAINT pk_deliveries PRIMARY KEY (mailing_id, seq)")
    op.execute(
        "ALTER TABLE deliveries ADD CONSTRAINT uq_deliveries_subscriber_id_mailing_id UNIQUE (subscriber_id, mailing_id)"
    )
    op.execute(
        "ALTER TABLE deliveries ADD CONSTRAINT fk_deliveries_mailing_id_mailings FOREIGN KEY (mailing_id) REFERENCES mailings (id)"
    )
    op.execute("ALTER TABLE feedback ADD CONSTRAINT pk_feedback PRIMARY KEY (id)")
    op.execute("ALTER TABLE feedback ADD CONSTRAINT uq_feedback_event_key UNIQUE (event_key)")
    op.execute("CREATE INDEX ix_feedback_mailing_id_seq ON feedback (mailing_id, seq)")
