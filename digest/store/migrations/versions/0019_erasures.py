"""The key of erasures, sealed under each secret key, and the hashes of addresses that readers left for good."""

import sqlalchemy as sa
from alembic import op

from subscribers.tables import BigKey, UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lasting_keys",
        sa.Column("secret_id", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("secret_id", name=op.f("pk_lasting_keys")),
    )
    op.create_table(
        "former_addresses",
        sa.Column("subscriber_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("address_hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_former_addresses_subscriber_id_subscribers")
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "address_hash", name=op.f("pk_former_addresses")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("former_addresses")
    op.drop_table("lasting_keys")
