"""What an inbound event is about, so that events count in the order in which they occurred; events not told yet"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NOT_SPREAD = "ix_outbox_events_not_spread"


def upgrade() -> None:
    with op.batch_alter_table("inbound_events") as batch_op:
        batch_op.add_column(sa.Column("subject", sa.String(length=64), nullable=True))
        batch_op.create_index(batch_op.f("ix_inbound_events_subject_state"), ["subject", "state"], unique=False)
    not_spread = sa.text("spread_at IS NULL")
    op.create_index(NOT_SPREAD, "outbox_events", ["occurred_at"], sqlite_where=not_spread, postgresql_where=not_spread)


def downgrade() -> None:
    op.drop_index(NOT_SPREAD, "outbox_events")
    with op.batch_alter_table("inbound_events") as batch_op:
        batch_op.drop_index(batch_op.f("ix_inbound_events_subject_state"))
        batch_op.drop_column("subject")
