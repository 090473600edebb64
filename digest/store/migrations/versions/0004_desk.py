"""The people of the desk and what they do."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from subscribers.tables import SlugSet, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    _people()
    _edits()


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", SlugSet(), nullable=False),
        sa.Column("newsletters", SlugSet(), server_default="", nullable=False),
        sa.Column("language", sa.String(length=8), server_default="", nullable=False),
        sa.Column("password_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("totp_key", sa.String(length=64), server_default="", nullable=False),
        sa.Column("totp_pending", sa.String(length=64), server_default="", nullable=False),
        sa.Column("totp_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("signed_in_at", UtcDateTime(), nullable=True),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email", name=op.f("uq_people_email")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "person_sessions",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("person_id", _BIG, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("proved_at", UtcDateTime(), nullable=False),
        sa.Column("browser", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_sessions_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_person_sessions_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_person_sessions_person_id"), "person_sessions", ["person_id"], unique=False)
    op.create_table(
        "person_links",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", _BIG, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('invite', 'sign_in')", name=op.f("ck_person_links_kind")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_links_person_id_people")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_person_links")),
    )
    op.create_index(op.f("ix_person_links_person_id"), "person_links", ["person_id"], unique=False)
    op.create_table(
        "sign_in_tries",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("filled_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_tries")),
    )


def _edits() -> None:
    op.create_table(
        "edition_edits",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("change", _JSON, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["name"], ["editions.name"], name=op.f("fk_edition_edits_name_editions")),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_edition_edits")),
    )
    op.create_table(
        "edition_waivers",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("finding", sa.String(length=16), nullable=False),
        sa.Column("check", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["editions.name"], name=op.f("fk_edition_waivers_name_editions")),
        sa.PrimaryKeyConstraint("name", "finding", name=op.f("pk_edition_waivers")),
    )
    op.create_table(
        "desk_notes",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("newsletter", sa.String(length=64), nullable=False),
        sa.Column("edition", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_notes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_desk_notes_newsletter_at"), "desk_notes", ["newsletter", "at"], unique=False)


def downgrade() -> None:
    for table in (
        "desk_notes",
        "edition_waivers",
        "edition_edits",
        "sign_in_tries",
        "person_links",
        "person_sessions",
        "people",
    ):
        op.drop_table(table)
