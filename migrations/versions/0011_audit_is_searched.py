"""The audit chain is searched by actor, by action and by time"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_audit_entries_actor_id_number": ["actor_id", "number"],
    "ix_audit_entries_action_number": ["action", "number"],
    "ix_audit_entries_actor_number": ["actor", "number"],
    "ix_audit_entries_at": ["at"],
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.create_index(name, "audit_entries", columns)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "audit_entries")
