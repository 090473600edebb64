"""Trial mode of a new installation. One that is at work already is adopted as confirmed."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from subscribers.tables import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_AT_WORK = ("installation", "mailings", "subscribers", "editions")
"""Whoever has a row in one of these was here before."""


def upgrade() -> None:
    steps = op.create_table(
        "trial_steps",
        sa.Column("step", sa.String(length=10), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "step IN ('domain', 'postal', 'asked', 'test', 'adopted')", name=op.f("ck_trial_steps_step")
        ),
        sa.PrimaryKeyConstraint("step", name=op.f("pk_trial_steps")),
    )
    found = op.get_bind()
    if any(found.scalar(sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)) for name in _AT_WORK):
        row = {"step": "adopted", "by": "the upgrade", "at": datetime.now(UTC), "detail": "at work before"}
        op.bulk_insert(steps, [row])


def downgrade() -> None:
    op.drop_table("trial_steps")
