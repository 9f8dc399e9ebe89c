"""Changes of the catalogues; card prefixes can be retired"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Moment

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catalogue_changes",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("catalogue", sa.String(20), nullable=False),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.String(32), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_catalogue_changes_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_changes")),
        sa.UniqueConstraint("catalogue", "key", "number", name=op.f("uq_catalogue_changes_catalogue_key_number")),
    )
    with op.batch_alter_table("bank_bins") as batch_op:
        batch_op.add_column(sa.Column("retired", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("bank_bins") as batch_op:
        batch_op.alter_column("retired", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("bank_bins") as batch_op:
        batch_op.drop_column("retired")
    op.drop_table("catalogue_changes")
