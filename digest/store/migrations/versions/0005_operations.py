"""Which installation a database belongs to, and what its operator was told."""

import sqlalchemy as sa
from alembic import op

from subscribers.tables import BigKey, JsonObject, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("paused", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("one = 1", name=op.f("ck_installation_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_installation")),
    )
    op.create_table(
        "alarms",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("next_step", sa.Text(), server_default="", nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("over_at", UtcDateTime(), nullable=True),
        sa.Column("over_told_at", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("try_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("level IN ('warning', 'critical')", name=op.f("ck_alarms_level")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_index(
        "ix_alarms_standing",
        "alarms",
        ["key"],
        unique=True,
        sqlite_where=sa.text("over_at IS NULL"),
        postgresql_where=sa.text("over_at IS NULL"),
    )
    op.create_table(
        "heartbeats",
        sa.Column("edition", sa.String(length=80), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("edition", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "mailing_statistics",
        sa.Column("mailing_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", JsonObject, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailings.id"], name=op.f("fk_mailing_statistics_mailing_id_mailings")
        ),
        sa.PrimaryKeyConstraint("mailing_id", name=op.f("pk_mailing_statistics")),
    )


def downgrade() -> None:
    op.drop_table("mailing_statistics")
    op.drop_table("heartbeats")
    op.drop_table("alarms")
    op.drop_table("installation")
