"""Readers by what became of them in a call, counted since the beginning."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sends",
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("result", sa.String(length=10), nullable=False),
        sa.Column("readers", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("result IN ('taken', 'refused', 'not_taken', 'in_doubt')", name=op.f("ck_sends_result")),
        sa.PrimaryKeyConstraint("provider", "result", name=op.f("pk_sends")),
    )


def downgrade() -> None:
    op.drop_table("sends")
