"""Two indexes that the plans of PostgreSQL were found to lack: the log by time, letters by the change they are about."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_log_at", "log", ["at"])
    op.create_index("ix_letters_change_id", "letters", ["change_id"])


def downgrade() -> None:
    op.drop_index("ix_letters_change_id", "letters")
    op.drop_index("ix_log_at", "log")
