"""A call of one reader knows how often it was refused and not believed: tries that were put off do not count.

Those that were refused before begin at nought.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chunks", sa.Column("refusals", sa.Integer(), server_default="0", nullable=False))
    op.add_column("chunks", sa.Column("refused_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("chunks", "refused_at")
    op.drop_column("chunks", "refusals")
