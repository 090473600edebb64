"""A correction of an edition may be mailed: a second mailing of it, with an approval of its own."""

import sqlalchemy as sa
from alembic import op

from subscribers.tables import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_COLUMNS = "id, edition, list, state, planned_at, count, plan_sha256, reason, canary"


def upgrade() -> None:
    op.add_column("corrections", sa.Column("approved_by", sa.Text(), server_default="", nullable=False))
    op.add_column("corrections", sa.Column("approved_at", UtcDateTime(), nullable=True))
    if op.get_bind().dialect.name != "sqlite":
        op.add_column("mailings", sa.Column("correction", sa.BigInteger(), server_default="0", nullable=False))
        op.drop_constraint("uq_mailings_edition", "mailings", type_="unique")
        op.create_unique_constraint("uq_mailings_edition_correction", "mailings", ["edition", "correction"])
        return
    _rebuilt(
        (sa.Column("correction", sa.BigInteger(), server_default="0", nullable=False),),
        sa.UniqueConstraint("edition", "correction", name=op.f("uq_mailings_edition_correction")),
    )


def downgrade() -> None:
    op.execute("DELETE FROM mailings WHERE correction <> 0")
    if op.get_bind().dialect.name == "sqlite":
        _rebuilt((), sa.UniqueConstraint("edition", name=op.f("uq_mailings_edition")))
    else:
        op.drop_constraint("uq_mailings_edition_correction", "mailings", type_="unique")
        op.create_unique_constraint("uq_mailings_edition", "mailings", ["edition"])
        op.drop_column("mailings", "correction")
    op.drop_column("corrections", "approved_at")
    op.drop_column("corrections", "approved_by")


def _rebuilt(more: tuple[sa.Column[int], ...], unique: sa.UniqueConstraint) -> None:
    """SQLite drops no constraint: the table is made anew under its own name, its rows and ids as they were."""
    op.create_table(
        "mailings_anew",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.String(length=80), nullable=False),
        *more,
        sa.Column("list", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("planned_at", UtcDateTime(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("plan_sha256", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("canary", sa.String(length=10), server_default="none", nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'sending', 'paused', 'stopped', 'closed')", name=op.f("ck_mailings_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailings")),
        unique,
        sqlite_autoincrement=True,
    )
    op.execute(f"INSERT INTO mailings_anew ({_COLUMNS}) SELECT {_COLUMNS} FROM mailings")  # noqa: S608 - names of ours
    op.drop_table("mailings")
    op.rename_table("mailings_anew", "mailings")
