"""expense claims with their lines, receipts, ways into the archive and history

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import types

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def key(column, table, *, on, delete=None):
    """A foreign key by the house's name for it."""
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_{on}_{column}"), ondelete=delete)


def upgrade():
    op.create_table(
        "expense_claims",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("organisation_id", types.Key, nullable=False),
        sa.Column("department_id", types.Key, nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("employee", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("claimed_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total", types.Exact(4), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("delivery", sa.String(length=12), nullable=False),
        sa.Column("submitted_by_id", types.Key, nullable=True),
        sa.Column("run_id", types.Key, nullable=True),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.Column("updated_at", types.Moment(), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'approved', 'declined')", name=op.f("ck_expense_claims_status")
        ),
        sa.CheckConstraint(
            "delivery IN ('not_sent', 'queued', 'sending', 'sent', 'rejected', 'unknown')",
            name=op.f("ck_expense_claims_delivery"),
        ),
        key("organisation_id", "organisations", on="expense_claims", delete="CASCADE"),
        key("department_id", "departments", on="expense_claims", delete="SET NULL"),
        key("submitted_by_id", "users", on="expense_claims", delete="SET NULL"),
        key("run_id", "runs", on="expense_claims", delete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_claims")),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_expense_claims_organisation_id")),
    )
    op.create_index("ix_expense_claims_organisation_id", "expense_claims", ["organisation_id", "id"])
    op.create_index("ix_expense_claims_status", "expense_claims", ["organisation_id", "status", "delivery", "id"])
    op.create_table(
        "expense_lines",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("organisation_id", types.Key, nullable=False),
        sa.Column("claim_id", types.Key, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("spent_on", sa.Date(), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("cost_category", sa.String(length=20), nullable=False),
        sa.Column("amount", types.Exact(4), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        key("organisation_id", "organisations", on="expense_lines", delete="CASCADE"),
        key("claim_id", "expense_claims", on="expense_lines", delete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_lines")),
    )
    op.create_index("ix_expense_lines_claim_id", "expense_lines", ["claim_id", "position"])
    op.create_table(
        "expense_receipts",
        sa.Column("line_id", types.Key, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        key("line_id", "expense_lines", on="expense_receipts", delete="CASCADE"),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_expense_receipts")),
    )
    op.create_table(
        "expense_uploads",
        sa.Column("line_id", types.Key, nullable=False),
        *(sa.Column(name, types.Key, nullable=False) for name in ("organisation_id", "claim_id", "connection_id")),
        sa.Column("run_id", types.Key, nullable=True),
        sa.Column("folder", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", types.Moment(), nullable=True),
        sa.Column("look_up_first", sa.Boolean(), nullable=False),
        sa.Column("look_up_after", types.Moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("remote_id", sa.String(length=64), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.String(length=30), nullable=False),
        sa.Column("remote_text", sa.Text(), nullable=False),
        sa.Column("exchange_id", types.Key, nullable=True),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.Column("updated_at", types.Moment(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'rejected', 'unknown')", name=op.f("ck_expense_uploads_state")
        ),
        key("line_id", "expense_lines", on="expense_uploads", delete="CASCADE"),
        key("organisation_id", "organisations", on="expense_uploads", delete="CASCADE"),
        key("claim_id", "expense_claims", on="expense_uploads", delete="CASCADE"),
        key("connection_id", "connections", on="expense_uploads"),
        key("run_id", "runs", on="expense_uploads", delete="SET NULL"),
        key("exchange_id", "exchanges", on="expense_uploads", delete="SET NULL"),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_expense_uploads")),
    )
    op.create_index("ix_expense_uploads_run_id", "expense_uploads", ["run_id", "state"])
    op.create_index("ix_expense_uploads_claim_id", "expense_uploads", ["claim_id"])
    op.create_table(
        "expense_events",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("organisation_id", types.Key, nullable=False),
        sa.Column("claim_id", types.Key, nullable=False),
        sa.Column("occurred_at", types.Moment(), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("event", sa.String(length=50), nullable=False),
        sa.Column("params", types.Json, nullable=False),
        sa.Column("run_id", types.Key, nullable=True),
        key("organisation_id", "organisations", on="expense_events", delete="CASCADE"),
        key("claim_id", "expense_claims", on="expense_events", delete="CASCADE"),
        key("run_id", "runs", on="expense_events", delete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense_events")),
    )
    op.create_index("ix_expense_events_claim_id", "expense_events", ["claim_id", "id"])
    with op.batch_alter_table("run_items") as batch_op:
        batch_op.add_column(sa.Column("claim_id", types.Key, nullable=True))
        batch_op.create_index("ix_run_items_claim_id", ["claim_id"])
        batch_op.create_foreign_key(
            op.f("fk_run_items_claim_id"), "expense_claims", ["claim_id"], ["id"], ondelete="CASCADE"
        )


def downgrade():
    op.execute("DELETE FROM run_items WHERE claim_id IS NOT NULL")
    with op.batch_alter_table("run_items") as batch_op:
        batch_op.drop_constraint(op.f("fk_run_items_claim_id"), type_="foreignkey")
        batch_op.drop_index("ix_run_items_claim_id")
        batch_op.drop_column("claim_id")
    for table in ("expense_events", "expense_uploads", "expense_receipts", "expense_lines", "expense_claims"):
        op.drop_table(table)
