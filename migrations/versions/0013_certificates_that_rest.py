"""Certificates are suspended and renewed, and keep the proof that their key was held"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.db

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("certificates") as batch_op:
        batch_op.alter_column("case_id", existing_type=sa.String(length=32), nullable=True)
        batch_op.add_column(sa.Column("renews_id", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("challenge", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("proof", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("suspended_at", app.db.Moment(timezone=True), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_certificates_renews_id"), "certificates", ["renews_id"], ["id"])


def downgrade() -> None:
    op.execute("DELETE FROM certificates WHERE case_id IS NULL")
    with op.batch_alter_table("certificates") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_certificates_renews_id"), type_="foreignkey")
        for name in ("suspended_at", "proof", "challenge", "renews_id"):
            batch_op.drop_column(name)
        batch_op.alter_column("case_id", existing_type=sa.String(length=32), nullable=False)
