"""A chunk knows when the first of its calls began that may have been taken: so old is the key it is known by.

Chunks that are in doubt already are reckoned from their last call.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chunks", sa.Column("doubted_at", sa.DateTime(timezone=True)))
    op.execute(sa.text("UPDATE chunks SET doubted_at = sent_at WHERE doubts > 0 AND state IN ('in_doubt', 'ready')"))


def downgrade() -> None:
    op.drop_column("chunks", "doubted_at")
