"""What the desk set of a newsletter's look."""

import sqlalchemy as sa
from alembic import op

from subscribers.tables import BigKey, JsonObject, UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "looks",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("newsletter", sa.String(length=64), nullable=False),
        sa.Column("look", JsonObject, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_looks")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_looks_newsletter_id", "looks", ["newsletter", "id"])


def downgrade() -> None:
    op.drop_table("looks")
