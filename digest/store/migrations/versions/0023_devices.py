"""The browsers that somebody signs in with, and letters that tell of a new one."""

import sqlalchemy as sa
from alembic import op

from subscribers.tables import BigKey, UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person_devices",
        sa.Column("person_id", BigKey, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_devices_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", "token_hash", name=op.f("pk_person_devices")),
    )
    op.create_table(
        "person_notices",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("person_id", BigKey, nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_notices_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_notices")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_person_notices_person_id"), "person_notices", ["person_id"])


def downgrade() -> None:
    op.drop_table("person_notices")
    op.drop_table("person_devices")
