"""Lists that are archived, and webhooks that are paused."""

import sqlalchemy as sa
from alembic import op

from subscribers.tables import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lists", sa.Column("archived_at", UtcDateTime()))
    op.add_column("webhook_endpoints", sa.Column("paused_at", UtcDateTime()))


def downgrade() -> None:
    op.drop_column("webhook_endpoints", "paused_at")
    op.drop_column("lists", "archived_at")
