"""What was read off the cards, sealed, one reading for each prepared picture"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.db

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "card_readings",
        sa.Column("photo_id", sa.String(length=32), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("state_since", app.db.Moment(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=True),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("denied_at", app.db.Moment(timezone=True), nullable=True),
        sa.Column("vault_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name=op.f("fk_card_readings_photo_id")),
        sa.ForeignKeyConstraint(["vault_id"], ["vaults.id"], name=op.f("fk_card_readings_vault_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_readings")),
        sa.UniqueConstraint("photo_id", "attempt", name=op.f("uq_card_readings_photo_id_attempt")),
    )
    op.create_index(op.f("ix_card_readings_state_state_since"), "card_readings", ["state", "state_since"])


def downgrade() -> None:
    op.drop_table("card_readings")
