"""Two people to refuse, both named; indexes for the list of what came in and for the last decision about a case"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TWO_REFUSE = (
    "state <> 'failed'"
    " OR (COALESCE(proposed_refusal, proposed_refusal_by) IS NULL"
    " AND (failure_code IS NULL OR substr(failure_code, 1, 6) <> 'FINAL_'))"
    " OR (proposed_refusal_by IS NOT NULL AND reviewer_id IS NOT NULL AND proposed_refusal_by <> reviewer_id)"
)
BEFORE = "state <> 'failed' OR proposed_refusal_by IS NULL OR proposed_refusal_by <> reviewer_id"
WAITS = sa.text("review_at IS NOT NULL")
BY_RISK = ("ix_cases_review_by_risk", [sa.text("risk DESC"), "review_at", "id"])
# The site never refused with one person: such rows were made up by `flask sandbox fill`. Should there be another one,
# nobody is invented here who agreed to it; its code says so from now on, where everybody sees it.
ALONE = "ALONE_"


def upgrade() -> None:
    op.execute(
        f"UPDATE cases SET failure_code = '{ALONE}' || COALESCE(failure_code, ''), proposed_refusal = NULL,"  # noqa: S608
        f" proposed_refusal_by = NULL WHERE NOT ({TWO_REFUSE})"
    )
    _two_refuse(TWO_REFUSE)
    op.create_index("ix_inbound_events_received_at_id", "inbound_events", ["received_at", "id"])
    op.create_index("ix_held_decisions_case_id_decided_at", "held_decisions", ["case_id", "decided_at"])


def downgrade() -> None:
    op.drop_index("ix_held_decisions_case_id_decided_at", table_name="held_decisions")
    op.drop_index("ix_inbound_events_received_at_id", table_name="inbound_events")
    _two_refuse(BEFORE)
    op.execute(f"UPDATE cases SET failure_code = substr(failure_code, 7) WHERE substr(failure_code, 1, 6) = '{ALONE}'")  # noqa: S608


def _two_refuse(condition: str) -> None:
    # SQLite writes the table anew from what it tells of itself, and of an index it does not tell the direction
    op.drop_index(BY_RISK[0], table_name="cases")
    with op.batch_alter_table("cases") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_cases_two_refuse"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_cases_two_refuse"), condition)
    op.create_index(*BY_RISK[:1], "cases", BY_RISK[1], sqlite_where=WAITS, postgresql_where=WAITS)
