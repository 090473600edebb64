"""The desk's door: sign-in links by mail, passkeys, steps that take two, and who another house says somebody is."""

import sqlalchemy as sa
from alembic import op

from subscribers.tables import BigKey, JsonObject, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("subject", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "person_letters",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("person_id", BigKey, nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="waiting", nullable=False),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'doubtful', 'dropped')", name=op.f("ck_person_letters_state")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_letters_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_letters")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_person_letters_person_id"), "person_letters", ["person_id"], unique=False)
    op.create_index(op.f("ix_person_letters_state_not_before"), "person_letters", ["state", "not_before"], unique=False)
    op.create_table(
        "passkeys",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("person_id", BigKey, nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_passkeys_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_passkeys_person_id"), "passkeys", ["person_id"], unique=False)
    op.create_table(
        "door_steps",
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("person_id", BigKey, nullable=True),
        sa.Column("secret", JsonObject, nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('register', 'passkey', 'oidc', 'code')", name=op.f("ck_door_steps_kind")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_door_steps_person_id_people")),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_door_steps")),
    )
    op.create_index(op.f("ix_door_steps_person_id"), "door_steps", ["person_id"], unique=False)


def downgrade() -> None:
    op.drop_table("door_steps")
    op.drop_table("passkeys")
    op.drop_table("person_letters")
    op.drop_column("people", "subject")
