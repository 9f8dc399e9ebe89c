"""Circuit breakers before what is outside; what is newer about a subject is found by an index"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Moment

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "breakers",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("opened_at", Moment(timezone=True), nullable=True),
        sa.Column("trial_at", Moment(timezone=True), nullable=True),
        sa.Column("closed_at", Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_breakers")),
    )
    op.create_index(
        op.f("ix_inbound_events_subject_state_occurred_at"), "inbound_events", ["subject", "state", "occurred_at"]
    )
    op.drop_index(op.f("ix_inbound_events_subject_state"), "inbound_events")


def downgrade() -> None:
    op.create_index(op.f("ix_inbound_events_subject_state"), "inbound_events", ["subject", "state"])
    op.drop_index(op.f("ix_inbound_events_subject_state_occurred_at"), "inbound_events")
    op.drop_table("breakers")
