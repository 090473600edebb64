"""On PostgreSQL a row of a plan is not compared with its mailing, which is made in the same transaction.

The comparison took as long as everything else about the row. An older version beside this one does not miss it.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_NAME = "fk_deliveries_mailing_id_mailings"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(_NAME, "deliveries", type_="foreignkey")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.create_foreign_key(_NAME, "deliveries", "mailings", ["mailing_id"], ["id"])
