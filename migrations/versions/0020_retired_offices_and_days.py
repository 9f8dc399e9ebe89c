"""Branch offices and calendar days can be retired; reasons get example pictures of the broker's own"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Moment

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TABLES = ("branch_offices", "calendar_days")


def upgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("retired", sa.Boolean(), nullable=False, server_default=sa.false()))
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column("retired", existing_type=sa.Boolean(), server_default=None)
    op.create_table(
        "reason_examples",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("blob_id", sa.String(32), nullable=False),
        sa.Column("by_id", sa.String(32), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name=op.f("fk_reason_examples_blob_id")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_reason_examples_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reason_examples")),
    )


def downgrade() -> None:
    op.drop_table("reason_examples")
    for table in TABLES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("retired")
