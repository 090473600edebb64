"""Tokens of the API, answers that may be asked for again, what happened, and the webhooks that tell it."""

import sqlalchemy as sa
from alembic import op

from subscribers.tables import BigKey, JsonObject, SlugSet, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "happenings",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=True),
        sa.Column("list_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", JsonObject, nullable=False),
        sa.Column("shared_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_happenings")),
        sa.UniqueConstraint("key", name=op.f("uq_happenings_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_happenings_at"), "happenings", ["at"], unique=False)
    op.create_index(
        "ix_happenings_unshared",
        "happenings",
        ["id"],
        unique=False,
        sqlite_where=sa.text("shared_at IS NULL"),
        postgresql_where=sa.text("shared_at IS NULL"),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", SlugSet(), nullable=False),
        sa.Column("lists", SlugSet(), server_default="", nullable=False),
        sa.Column("created_by", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("name", name=op.f("uq_api_tokens_name")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_tokens_prefix")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "api_answers",
        sa.Column("token_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("location", sa.Text(), server_default="", nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["api_tokens.id"], name=op.f("fk_api_answers_token_id_api_tokens")),
        sa.PrimaryKeyConstraint("token_id", "key_hash", name=op.f("pk_api_answers")),
    )
    op.create_index(op.f("ix_api_answers_at"), "api_answers", ["at"], unique=False)
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", SlugSet(), server_default="", nullable=False),
        sa.Column("lists", SlugSet(), server_default="", nullable=False),
        sa.Column("with_address", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("generation", sa.Integer(), server_default="1", nullable=False),
        sa.Column("rotated_at", UtcDateTime(), nullable=True),
        sa.Column("created_by", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.Column("disabled_why", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "webhook_posts",
        sa.Column("endpoint_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("happening_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("try_at", UtcDateTime(), nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'parked')", name=op.f("ck_webhook_posts_state")),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoints.id"], name=op.f("fk_webhook_posts_endpoint_id_webhook_endpoints")
        ),
        sa.ForeignKeyConstraint(
            ["happening_id"], ["happenings.id"], name=op.f("fk_webhook_posts_happening_id_happenings")
        ),
        sa.PrimaryKeyConstraint("endpoint_id", "happening_id", name=op.f("pk_webhook_posts")),
    )
    op.create_index(op.f("ix_webhook_posts_happening_id"), "webhook_posts", ["happening_id"], unique=False)
    op.create_index(
        "ix_webhook_posts_waiting",
        "webhook_posts",
        ["endpoint_id", "try_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def downgrade() -> None:
    op.drop_table("webhook_posts")
    op.drop_table("webhook_endpoints")
    op.drop_table("api_answers")
    op.drop_table("api_tokens")
    op.drop_table("happenings")
