"""What delivery remembers beyond the first schema."""

import sqlalchemy as sa
from alembic import op

from subscribers.tables import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mailings", sa.Column("canary", sa.String(10), nullable=False, server_default="none"))
    op.add_column("chunks", sa.Column("provider", sa.String(20), nullable=False, server_default=""))
    op.add_column("chunks", sa.Column("doubts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("chunks", sa.Column("reservation", sa.Text(), nullable=False, server_default=""))
    op.add_column("chunks", sa.Column("send_at", UtcDateTime(), nullable=True))
    op.create_table(
        "chores",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("good_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chores")),
    )
    op.add_column("throttles", sa.Column("reason", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "tracked_links",
        sa.Column("edition", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("edition", "version", "number", name="pk_tracked_links"),
    )


def downgrade() -> None:
    op.drop_table("chores")
    op.drop_table("tracked_links")
    op.drop_column("throttles", "reason")
    op.drop_column("chunks", "send_at")
    op.drop_column("chunks", "reservation")
    op.drop_column("chunks", "doubts")
    op.drop_column("chunks", "provider")
    op.drop_column("mailings", "canary")
