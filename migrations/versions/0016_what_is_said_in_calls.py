"""What was written in calls, how they were carried, and recordings made over for watching"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _table(name: str, *columns: sa.Column[object], **foreign: str) -> None:
    op.create_table(
        name,
        *columns,
        sa.Column("id", sa.String(length=32), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
            for column, target in foreign.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )


def upgrade() -> None:
    with op.batch_alter_table("calls") as batch_op:
        batch_op.add_column(sa.Column("step", sa.String(length=8), nullable=False, server_default="large"))
    with op.batch_alter_table("calls") as batch_op:
        batch_op.alter_column("step", server_default=None)
    _table(
        "call_messages",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("vault_id", sa.String(length=32), nullable=False),
        call_id="calls.id",
        vault_id="vaults.id",
    )
    _table(
        "call_steps",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("step", sa.String(length=8), nullable=False),
        sa.Column("chosen_by", sa.String(length=10), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        call_id="calls.id",
    )
    _table(
        "call_films",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("blob_id", sa.String(length=32), nullable=True),
        call_id="calls.id",
        blob_id="blobs.id",
    )
    with op.batch_alter_table("call_films") as batch_op:
        batch_op.create_unique_constraint(batch_op.f("uq_call_films_call_id_part"), ["call_id", "part"])
    for table in ("call_messages", "call_steps"):
        op.create_index(op.f(f"ix_{table}_call_id_at"), table, ["call_id", "at"])


def downgrade() -> None:
    for table in ("call_films", "call_steps", "call_messages"):
        op.drop_table(table)
    with op.batch_alter_table("calls") as batch_op:
        batch_op.drop_column("step")
