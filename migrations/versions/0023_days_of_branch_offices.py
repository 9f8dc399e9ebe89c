"""A branch office may keep hours of its own on a day, or be closed, with a reason that investors read"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "office_days",
        sa.Column("branch_office_id", sa.String(32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("video_windows", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("reason_en", sa.String(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["branch_office_id"], ["branch_offices.id"], name=op.f("fk_office_days_branch_office_id")
        ),
        sa.PrimaryKeyConstraint("branch_office_id", "day", name=op.f("pk_office_days")),
    )


def downgrade() -> None:
    op.drop_table("office_days")
