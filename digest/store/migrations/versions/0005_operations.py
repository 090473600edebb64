"""Which installation a database belongs to: a copy must not send."""

import sqlalchemy as sa
from alembic import op

from subscribers.tables import UtcDateTime

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


def downgrade() -> None:
    op.drop_table("installation")
