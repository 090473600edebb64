"""A chunk knows the quiet hours of its readers: what is late or put off does not come in the night.

Chunks that are planned already have none, as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chunks", sa.Column("quiet_from", sa.DateTime(timezone=True)))
    op.add_column("chunks", sa.Column("quiet_until", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("chunks", "quiet_until")
    op.drop_column("chunks", "quiet_from")
