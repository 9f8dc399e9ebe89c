"""Waiting rooms count their keys and changes; pauses; reminders of appointments; who was called up by text"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
NEW_COLUMNS = {
    "appointments": ("reminded_evening_at", "reminded_soon_at", "ready_at"),
    "tickets": ("moved_back_at", "called_up_at"),
}


def upgrade() -> None:
    op.create_table(
        "waiting_rooms",
        sa.Column("branch_office_id", sa.String(length=32), nullable=False),
        sa.Column("last_key", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["branch_office_id"], ["branch_offices.id"], name=op.f("fk_waiting_rooms_branch_office_id")
        ),
        sa.PrimaryKeyConstraint("branch_office_id", name=op.f("pk_waiting_rooms")),
    )
    op.create_table(
        "office_pauses",
        sa.Column("branch_office_id", sa.String(length=32), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("by_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["branch_office_id"], ["branch_offices.id"], name=op.f("fk_office_pauses_branch_office_id")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_office_pauses_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_pauses")),
    )
    op.create_index(op.f("ix_office_pauses_branch_office_id_ends_at"), "office_pauses", ["branch_office_id", "ends_at"])
    for table, names in NEW_COLUMNS.items():
        with op.batch_alter_table(table) as batch_op:
            for name in names:
                batch_op.add_column(sa.Column(name, MOMENT, nullable=True))
    # Whoever waits keeps the key; new ones are counted on from the highest.
    op.execute(
        "INSERT INTO waiting_rooms (branch_office_id, last_key, version) "
        "SELECT id, COALESCE((SELECT MAX(order_key) FROM tickets WHERE branch_office_id = branch_offices.id), 0), 0 "
        "FROM branch_offices"
    )


def downgrade() -> None:
    for table, names in NEW_COLUMNS.items():
        with op.batch_alter_table(table) as batch_op:
            for name in names:
                batch_op.drop_column(name)
    op.drop_index(op.f("ix_office_pauses_branch_office_id_ends_at"), "office_pauses")
    op.drop_table("office_pauses")
    op.drop_table("waiting_rooms")
