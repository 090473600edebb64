"""A mailing knows which secret key its delivery keys are made with: the same for every try, whatever key is the newest.

Those that were planned before name none, and go by the newest as they did.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mailings", sa.Column("signed_by", sa.String(16), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("mailings", "signed_by")
