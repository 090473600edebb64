"""What an alarm was told of: an alarm that gets worse is told once more.

Those that stand are told once more where they are about ten or more: how many were told of is not known.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alarms", sa.Column("size", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("alarms", sa.Column("worse_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("alarms", "worse_at")
    op.drop_column("alarms", "size")
