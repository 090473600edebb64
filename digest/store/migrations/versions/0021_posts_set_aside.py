"""A post that cannot be applied knows how often that was tried, and is set aside: the others go on without it."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hook_posts", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("hook_posts", sa.Column("try_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_hook_posts_tried",
        "hook_posts",
        ["id"],
        sqlite_where=sa.text("tries > 0"),
        postgresql_where=sa.text("tries > 0"),
    )


def downgrade() -> None:
    op.drop_index("ix_hook_posts_tried", "hook_posts")
    op.drop_column("hook_posts", "try_at")
    op.drop_column("hook_posts", "tries")
