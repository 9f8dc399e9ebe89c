"""Circuit breakers before what is outside and slow when it is down"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Moment

revision = "0071"
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


def downgrade() -> None:
    op.drop_table("breakers")
