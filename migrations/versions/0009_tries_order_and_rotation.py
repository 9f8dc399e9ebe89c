"""Tries are kept, endpoints have names, order and an end, texts say why they failed, the robot plays parts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("endpoints") as batch_op:
        batch_op.alter_column("source", existing_type=sa.String(length=20), nullable=True)
        batch_op.add_column(sa.Column("name", sa.String(length=60), server_default="", nullable=False))
        batch_op.add_column(sa.Column("overlap_ends_at", Moment(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("in_order", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("failing_since", Moment(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("disabled_at", Moment(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("disabled_why", sa.String(length=10), nullable=True))
    with op.batch_alter_table("deliveries") as batch_op:
        batch_op.add_column(sa.Column("tries_before", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index(batch_op.f("ix_deliveries_receiver_state"), ["receiver", "state"], unique=False)
    with op.batch_alter_table("inbound_events") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_inbound_events_source_received_at"), ["source", "received_at"], unique=False
        )
    with op.batch_alter_table("sms_messages") as batch_op:
        batch_op.add_column(sa.Column("failure_code", sa.String(length=40), nullable=True))
    _tries()
    op.create_table(
        "robot_parts",
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("behaviour", sa.String(length=10), nullable=False),
        sa.Column("delay_seconds", sa.Double(), nullable=True),
        sa.Column("doubles", sa.Boolean(), nullable=False),
        sa.Column("shuffles", sa.Boolean(), nullable=False),
        sa.Column("forges", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_robot_parts")),
    )


def _tries() -> None:
    op.create_table(
        "delivery_tries",
        sa.Column("delivery_id", sa.String(length=32), nullable=False),
        sa.Column("receiver", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=40), nullable=True),
        sa.Column("request_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("response_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("vault_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_delivery_tries_delivery_id_deliveries")
        ),
        sa.ForeignKeyConstraint(["vault_id"], ["vaults.id"], name=op.f("fk_delivery_tries_vault_id_vaults")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_tries")),
    )
    with op.batch_alter_table("delivery_tries") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_delivery_tries_delivery_id_number"), ["delivery_id", "number"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_delivery_tries_receiver_at"), ["receiver", "at"], unique=False)


def downgrade() -> None:
    op.drop_table("robot_parts")
    op.drop_table("delivery_tries")
    with op.batch_alter_table("sms_messages") as batch_op:
        batch_op.drop_column("failure_code")
    with op.batch_alter_table("inbound_events") as batch_op:
        batch_op.drop_index(batch_op.f("ix_inbound_events_source_received_at"))
    with op.batch_alter_table("deliveries") as batch_op:
        batch_op.drop_index(batch_op.f("ix_deliveries_receiver_state"))
        batch_op.drop_column("tries_before")
    op.execute("UPDATE endpoints SET source = substr(id, 1, 20) WHERE source IS NULL")
    with op.batch_alter_table("endpoints") as batch_op:
        for name in ("disabled_why", "disabled_at", "failing_since", "in_order", "overlap_ends_at", "name"):
            batch_op.drop_column(name)
        batch_op.alter_column("source", existing_type=sa.String(length=20), nullable=False)
