"""Passkeys, recovery codes, one-time links and resets of the staff; breaks; housekeeping"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("staff") as batch_op:
        batch_op.alter_column("totp_secret_sealed", existing_type=sa.LargeBinary(), nullable=True)
        batch_op.add_column(sa.Column("on_break_since", Moment(timezone=True), nullable=True))
    op.create_table(
        "chores",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("done_at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chores")),
    )
    _of_staff(
        "staff_passkeys",
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("made_at", Moment(timezone=True), nullable=False),
        sa.Column("used_at", Moment(timezone=True), nullable=True),
        sa.UniqueConstraint("credential_id", name=op.f("uq_staff_passkeys_credential_id")),
    )
    _of_staff(
        "staff_recovery_codes",
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("made_at", Moment(timezone=True), nullable=False),
        sa.Column("used_at", Moment(timezone=True), nullable=True),
        sa.UniqueConstraint("code_hash", name=op.f("uq_staff_recovery_codes_code_hash")),
    )
    _of_staff(
        "staff_links",
        sa.Column("vault_id", sa.String(32), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("word_hash", sa.String(64), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("totp_secret_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", Moment(timezone=True), nullable=False),
        sa.Column("ends_at", Moment(timezone=True), nullable=False),
        sa.Column("used_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["vault_id"], ["vaults.id"], name=op.f("fk_staff_links_vault_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_links_token_hash")),
    )
    _of_staff(
        "staff_factor_resets",
        sa.Column("asked_by", sa.String(32), nullable=False),
        sa.Column("asked_at", Moment(timezone=True), nullable=False),
        sa.Column("word_hash", sa.String(64), nullable=False),
        sa.Column("agreed_by", sa.String(32), nullable=True),
        sa.Column("ended_at", Moment(timezone=True), nullable=True),
        sa.CheckConstraint("asked_by <> staff_id", name=op.f("ck_staff_factor_resets_not_ones_own")),
        sa.CheckConstraint("agreed_by <> staff_id", name=op.f("ck_staff_factor_resets_not_agreed_by_oneself")),
        sa.CheckConstraint("agreed_by <> asked_by", name=op.f("ck_staff_factor_resets_two_administrators")),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_staff_factor_resets_asked_by")),
        sa.ForeignKeyConstraint(["agreed_by"], ["staff.id"], name=op.f("fk_staff_factor_resets_agreed_by")),
    )
    op.create_index(
        "uq_staff_factor_resets_one_open",
        "staff_factor_resets",
        ["staff_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def _of_staff(name: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("staff_id", sa.String(32), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f(f"fk_{name}_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_staff_id"), name, ["staff_id"])


def downgrade() -> None:
    op.drop_index("uq_staff_factor_resets_one_open", "staff_factor_resets")
    for name in ("staff_factor_resets", "staff_links", "staff_recovery_codes", "staff_passkeys"):
        op.drop_index(op.f(f"ix_{name}_staff_id"), name)
        op.drop_table(name)
    op.drop_table("chores")
    op.execute("UPDATE staff SET totp_secret_sealed = '' WHERE totp_secret_sealed IS NULL")
    with op.batch_alter_table("staff") as batch_op:
        batch_op.drop_column("on_break_since")
        batch_op.alter_column("totp_secret_sealed", existing_type=sa.LargeBinary(), nullable=False)
