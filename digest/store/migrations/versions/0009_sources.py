"""What was changed about the sources at the desk."""

import sqlalchemy as sa
from alembic import op

from subscribers.tables import JsonObject, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_changes",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column("added", JsonObject, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_source_changes")),
    )


def downgrade() -> None:
    op.drop_table("source_changes")
