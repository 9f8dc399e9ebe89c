"""Agreements are edited and published by staff; published versions never change; each is acknowledged by itself"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.db

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

POSTGRESQL = """
CREATE FUNCTION agreement_versions_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'published texts are kept as they are';
END $$;
CREATE TRIGGER agreement_versions_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON agreement_versions
    FOR EACH STATEMENT EXECUTE FUNCTION agreement_versions_kept();
"""
SQLITE = """
CREATE TRIGGER agreement_versions_no_{verb} BEFORE {verb} ON agreement_versions
BEGIN
    SELECT RAISE(ABORT, 'published texts are kept as they are');
END
"""
WITH_CHANGES = "settlement_change"


def upgrade() -> None:
    with op.batch_alter_table("agreement_versions") as batch_op:
        batch_op.add_column(sa.Column("required", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("has_changes", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("retired", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("published_at", app.db.Moment(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("published_by", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("why", sa.String(length=200), nullable=False, server_default=""))
        batch_op.create_foreign_key(batch_op.f("fk_agreement_versions_published_by"), "staff", ["published_by"], ["id"])
    table = sa.table("agreement_versions", sa.column("code", sa.String), sa.column("has_changes", sa.Boolean))
    op.execute(table.update().where(table.c.code == WITH_CHANGES).values(has_changes=sa.true()))
    with op.batch_alter_table("agreement_versions") as batch_op:
        for name in ("required", "has_changes", "retired", "why"):
            batch_op.alter_column(name, server_default=None)
    op.create_table(
        "agreement_drafts",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("has_changes", sa.Boolean(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("effective_at", app.db.Moment(timezone=True), nullable=True),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("edited_at", app.db.Moment(timezone=True), nullable=False),
        sa.Column("edited_by", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["edited_by"], ["staff.id"], name=op.f("fk_agreement_drafts_edited_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_drafts")),
        sa.UniqueConstraint("code", name=op.f("uq_agreement_drafts_code")),
    )
    with op.batch_alter_table("documents") as batch_op:
        batch_op.add_column(sa.Column("acknowledged_at", app.db.Moment(timezone=True), nullable=True))
    _keep_versions()


def _keep_versions() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL)
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(SQLITE.format(verb=verb))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER agreement_versions_kept ON agreement_versions")
        op.execute("DROP FUNCTION agreement_versions_kept()")
    else:
        for verb in ("UPDATE", "DELETE"):
            op.execute(f"DROP TRIGGER agreement_versions_no_{verb}")
    with op.batch_alter_table("documents") as batch_op:
        batch_op.drop_column("acknowledged_at")
    op.drop_table("agreement_drafts")
    with op.batch_alter_table("agreement_versions") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_agreement_versions_published_by"), type_="foreignkey")
        for name in ("why", "published_by", "published_at", "retired", "has_changes", "required"):
            batch_op.drop_column(name)
