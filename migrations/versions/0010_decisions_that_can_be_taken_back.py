"""Decisions held for a few seconds, risk and order of the review list, saved filters, two people to refuse"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

IN_REVIEW = sa.text("state IN ('review', 'in_review')")
WAITING = sa.text("state = 'waiting'")
TWO_REFUSE = "state <> 'failed' OR proposed_refusal_by IS NULL OR proposed_refusal_by <> reviewer_id"


def upgrade() -> None:
    with op.batch_alter_table("cases") as batch_op:
        batch_op.add_column(sa.Column("risk", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("decision_due_at", Moment(timezone=True), nullable=True))
        batch_op.create_check_constraint(batch_op.f("ck_cases_two_refuse"), TWO_REFUSE)
    with op.batch_alter_table("cases") as batch_op:
        batch_op.alter_column("risk", server_default=None)
    for name, columns in (("age", ["submitted_at", "id"]), ("risk", ["risk", "submitted_at", "id"])):
        op.create_index(
            f"ix_cases_to_review_by_{name}", "cases", columns, sqlite_where=IN_REVIEW, postgresql_where=IN_REVIEW
        )
    op.create_index("ix_cases_branch_office_id_state", "cases", ["branch_office_id", "state"])
    op.create_index("ix_case_cards_card_number_index", "case_cards", ["card_number_index"])
    op.create_table(
        "held_decisions",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("by_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("decided_at", Moment(timezone=True), nullable=False),
        sa.Column("due_at", Moment(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("vault_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_held_decisions_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_held_decisions_case_id")),
        sa.ForeignKeyConstraint(["vault_id"], ["vaults.id"], name=op.f("fk_held_decisions_vault_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_decisions")),
    )
    op.create_index(
        "uq_held_decisions_one_waiting",
        "held_decisions",
        ["case_id"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index("ix_held_decisions_state_due_at", "held_decisions", ["state", "due_at"])
    op.create_index("ix_held_decisions_by_id_state", "held_decisions", ["by_id", "state"])
    op.create_table(
        "saved_filters",
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("query", sa.String(length=400), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_saved_filters_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filters")),
        sa.UniqueConstraint("staff_id", "place", "name", name=op.f("uq_saved_filters_staff_id_place_name")),
    )


def downgrade() -> None:
    op.drop_table("saved_filters")
    op.drop_table("held_decisions")
    op.drop_index("ix_case_cards_card_number_index", table_name="case_cards")
    op.drop_index("ix_cases_branch_office_id_state", table_name="cases")
    for name in ("risk", "age"):
        op.drop_index(f"ix_cases_to_review_by_{name}", table_name="cases")
    with op.batch_alter_table("cases") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_cases_two_refuse"), type_="check")
        batch_op.drop_column("decision_due_at")
        batch_op.drop_column("risk")
