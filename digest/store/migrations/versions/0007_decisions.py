"""What was decided about an edition, so that it can be taken back, and the second person of a large mailing."""

import sqlalchemy as sa
from alembic import op

from subscribers.tables import BigKey, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "edition_decisions",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("was", sa.String(length=10), nullable=False),
        sa.Column("was_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("became", sa.String(length=10), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("undone_by", sa.Text(), server_default="", nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["name"], ["editions.name"], name=op.f("fk_edition_decisions_name_editions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_decisions")),
    )
    op.create_index(op.f("ix_edition_decisions_name"), "edition_decisions", ["name"], unique=False)
    op.create_table(
        "seconds_asked",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", BigKey, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["editions.name"], name=op.f("fk_seconds_asked_name_editions")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_seconds_asked_person_id_people")),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_seconds_asked")),
    )
    op.create_index(op.f("ix_seconds_asked_person_id"), "seconds_asked", ["person_id"], unique=False)


def downgrade() -> None:
    op.drop_table("seconds_asked")
    op.drop_table("edition_decisions")
