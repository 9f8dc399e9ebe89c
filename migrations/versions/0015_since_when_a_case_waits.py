"""Since when a case waits for its review, as the order of the review's list, and indexes that need no sorting"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Moment

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

WAITS = sa.text("review_at IS NOT NULL")
IN_REVIEW = sa.text("state IN ('review', 'in_review')")
INDEXES = {
    "ix_cases_review_by_age": ["review_at", "id"],
    "ix_cases_review_by_risk": [sa.text("risk DESC"), "review_at", "id"],
    "ix_cases_review_of_branch": ["branch_office_id", "review_at", "id"],
}
BEFORE = {
    "ix_cases_to_review_by_age": ["submitted_at", "id"],
    "ix_cases_to_review_by_risk": ["risk", "submitted_at", "id"],
}


def upgrade() -> None:
    for name in BEFORE:
        op.drop_index(name, table_name="cases")
    with op.batch_alter_table("cases") as batch_op:
        batch_op.add_column(sa.Column("review_at", Moment(timezone=True), nullable=True))
    op.execute(
        "UPDATE cases SET review_at = COALESCE(submitted_at, state_since) WHERE state IN ('review', 'in_review')"
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "cases", columns, sqlite_where=WAITS, postgresql_where=WAITS)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, table_name="cases")
    with op.batch_alter_table("cases") as batch_op:
        batch_op.drop_column("review_at")
    for name, columns in BEFORE.items():
        op.create_index(name, "cases", columns, sqlite_where=IN_REVIEW, postgresql_where=IN_REVIEW)
