"""Which text carries a code: it may fail to arrive"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sms_codes") as batch_op:
        batch_op.add_column(sa.Column("message_id", sa.String(length=32), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sms_codes") as batch_op:
        batch_op.drop_column("message_id")
