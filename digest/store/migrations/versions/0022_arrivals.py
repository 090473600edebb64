"""What came in after composing is kept, so that no page waits for it; a second person for large corrections."""

import sqlalchemy as sa
from alembic import op

from subscribers.tables import BigKey, JsonObject, UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "edition_arrivals",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("content", JsonObject, nullable=False),
        sa.ForeignKeyConstraint(["name"], ["editions.name"], name=op.f("fk_edition_arrivals_name_editions")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_edition_arrivals")),
    )

    op.add_column("corrections", sa.Column("asked_person", BigKey))
    op.add_column("corrections", sa.Column("asked_by", sa.Text(), server_default="", nullable=False))
    op.add_column("corrections", sa.Column("asked_at", UtcDateTime()))


def downgrade() -> None:
    for name in ("asked_at", "asked_by", "asked_person"):
        op.drop_column("corrections", name)
    op.drop_table("edition_arrivals")
