"""An index of the posts of webhooks that were given up: every sweep asks for them, among all that were ever posted."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_webhook_posts_parked",
        "webhook_posts",
        ["endpoint_id", "happening_id", "done_at"],
        sqlite_where=sa.text("state = 'parked'"),
        postgresql_where=sa.text("state = 'parked'"),
    )


def downgrade() -> None:
    op.drop_index("ix_webhook_posts_parked", "webhook_posts")
