"""The handwriting of a signature photo, lifted off its paper, beside the prepared picture"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("photos") as batch_op:
        batch_op.add_column(sa.Column("ink_id", sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_photos_ink_id"), "blobs", ["ink_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("photos") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_photos_ink_id"), type_="foreignkey")
        batch_op.drop_column("ink_id")
