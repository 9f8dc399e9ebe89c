"""Blind indexes of last characters, notes, holds, leading back by two people, and indexes for lists and figures"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Moment

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WAITING = sa.text("state = 'waiting'")
TWO_PEOPLE = "state <> 'done' OR (decided_by_id IS NOT NULL AND decided_by_id <> by_id)"
TAILS = (("investors", "id_number_tail"), ("investors", "phone_tail"), ("case_cards", "card_number_tail"))
INDEXES = (
    ("cases", ["state", "number"]),
    ("cases", ["branch_office_id", "state", "number"]),
    ("cases", ["branch_office_id", "number"]),
    ("returns", ["at"]),
    ("calls", ["rung_at"]),
)


def upgrade() -> None:
    for table, column in TAILS:
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column(column, sa.String(length=64), nullable=True))
        op.create_index(f"ix_{table}_{column}", table, [column])
    with op.batch_alter_table("cases") as batch_op:
        batch_op.add_column(sa.Column("held_at", Moment(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("held_by_id", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("hold_reason", sa.String(length=40), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_cases_held_by_id"), "staff", ["held_by_id"], ["id"])
    op.drop_index("ix_cases_branch_office_id_state", table_name="cases")
    for table, columns in INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)
    op.create_table(
        "case_notes",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("by_id", sa.String(length=32), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        *_sealed("case_notes"),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_case_notes_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_notes_case_id")),
    )
    op.create_index("ix_case_notes_case_id_at", "case_notes", ["case_id", "at"])
    op.create_table(
        "case_overrides",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("by_id", sa.String(length=32), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by_id", sa.String(length=32), nullable=True),
        sa.Column("decided_at", Moment(timezone=True), nullable=True),
        *_sealed("case_overrides"),
        sa.CheckConstraint(TWO_PEOPLE, name=op.f("ck_case_overrides_two_people")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_case_overrides_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_overrides_case_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["staff.id"], name=op.f("fk_case_overrides_decided_by_id")),
    )
    op.create_index(
        "uq_case_overrides_one_waiting",
        "case_overrides",
        ["case_id"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def _sealed(table: str) -> list[sa.Column[str] | sa.Constraint]:
    """The columns of every row that seals something in a vault."""
    return [
        sa.Column("vault_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["vault_id"], ["vaults.id"], name=op.f(f"fk_{table}_vault_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def downgrade() -> None:
    op.drop_table("case_overrides")
    op.drop_table("case_notes")
    for table, columns in reversed(INDEXES):
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table_name=table)
    op.create_index("ix_cases_branch_office_id_state", "cases", ["branch_office_id", "state"])
    with op.batch_alter_table("cases") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_cases_held_by_id"), type_="foreignkey")
        for column in ("hold_reason", "held_by_id", "held_at"):
            batch_op.drop_column(column)
    for table, column in reversed(TAILS):
        op.drop_index(f"ix_{table}_{column}", table_name=table)
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column(column)
