"""What readers and lists need beyond the first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from subscribers.tables import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Spelt out here: a migration must not change when the code's own types do.
BigKey = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JsonObject = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "asks",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asks")),
    )
    with op.batch_alter_table("asks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_asks_address_hash_at"), ["address_hash", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_asks_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_asks_client_hash_at"), ["client_hash", "at"], unique=False)

    op.create_table(
        "attribute_types",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("choices", JsonObject, nullable=False),
        sa.Column("public", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('text', 'number', 'date', 'yes_no', 'choice')", name=op.f("ck_attribute_types_kind")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_attribute_types")),
    )
    op.create_table(
        "address_changes",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("subscriber_id", BigKey, nullable=False),
        sa.Column("state", sa.String(length=10), server_default="asked", nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=True),
        sa.Column("old_email", sa.Text(), nullable=False),
        sa.Column("old_key", sa.Text(), nullable=False),
        sa.Column("new_email", sa.Text(), nullable=False),
        sa.Column("new_key", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('asked', 'replaced', 'changed', 'undone')", name=op.f("ck_address_changes_state")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_address_changes_subscriber_id_subscribers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_changes")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("address_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_address_changes_subscriber_id"), ["subscriber_id"], unique=False)
        batch_op.create_index(
            "uq_address_changes_open",
            ["subscriber_id"],
            unique=True,
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        )

    op.create_table(
        "engagements",
        sa.Column("list_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("subscriber_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("clicked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_engagements_list_id_lists")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_engagements_subscriber_id_subscribers")
        ),
        sa.PrimaryKeyConstraint("list_id", "subscriber_id", name=op.f("pk_engagements")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "imports",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("list_id", BigKey, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), server_default="", nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("options", JsonObject, nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("by", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("rows_done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("bytes_done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tally", JsonObject, nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'stopped')", name=op.f("ck_imports_state")
        ),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_imports_list_id_lists")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_imports_list_id_sha256"), ["list_id", "sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_imports_state_created_at"), ["state", "created_at"], unique=False)

    op.create_table(
        "segments",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("list_id", BigKey, nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tree", JsonObject, nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_segments_list_id_lists")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
        sa.UniqueConstraint("list_id", "slug", name=op.f("uq_segments_list_id_slug")),
    )
    op.create_table(
        "import_problems",
        sa.Column("import_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("column", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_problems_import_id_imports")),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_import_problems")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "letters",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subscriber_id", BigKey, nullable=False),
        sa.Column("list_id", BigKey, nullable=True),
        sa.Column("change_id", BigKey, nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("values", JsonObject, nullable=False),
        sa.Column("state", sa.String(length=10), server_default="waiting", nullable=False),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("message_id", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "kind IN ('confirm', 'links', 'welcome', 'goodbye', 'address', 'moved', 'export', 'erase')",
            name=op.f("ck_letters_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'doubtful', 'dropped')", name=op.f("ck_letters_state")
        ),
        sa.ForeignKeyConstraint(
            ["change_id"], ["address_changes.id"], name=op.f("fk_letters_change_id_address_changes")
        ),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_letters_list_id_lists")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_letters_subscriber_id_subscribers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_letters_state_not_before"), ["state", "not_before"], unique=False)
        batch_op.create_index(batch_op.f("ix_letters_subscriber_id"), ["subscriber_id"], unique=False)

    with op.batch_alter_table("lists", schema=None) as batch_op:
        batch_op.add_column(sa.Column("description", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("indexed", sa.Boolean(), server_default=sa.true(), nullable=False))

    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("leaving_note", sa.Text(), server_default="", nullable=False))

    _make_the_archives_tables()


def _make_the_archives_tables() -> None:
    op.create_table(
        "edition_words",
        sa.Column("edition", sa.String(length=80), nullable=False),
        sa.Column(
            "word",
            sa.String(length=40).with_variant(postgresql.VARCHAR(40, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.name"], name=op.f("fk_edition_words_edition_editions")),
        sa.PrimaryKeyConstraint("edition", "word", name=op.f("pk_edition_words")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "corrections",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("edition", sa.String(length=80), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.name"], name=op.f("fk_corrections_edition_editions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_corrections_edition"), ["edition"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("subscriptions") as batch_op:
        batch_op.drop_column("leaving_note")
    with op.batch_alter_table("lists") as batch_op:
        batch_op.drop_column("indexed")
        batch_op.drop_column("description")
    for table in (
        "corrections",
        "edition_words",
        "import_problems",
        "letters",
        "segments",
        "imports",
        "engagements",
        "address_changes",
        "attribute_types",
        "asks",
    ):
        op.drop_table(table)
