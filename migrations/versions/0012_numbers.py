"""the series of invoice numbers; who approved an invoice, and which one it credits

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "number_series",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("organisation_id", types.Key, nullable=False),
        sa.Column("prefix", sa.String(length=40), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_number_series_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_series")),
        sa.UniqueConstraint("organisation_id", "prefix", name=op.f("uq_number_series_organisation_id")),
    )
    with op.batch_alter_table("invoices") as batch_op:
        batch_op.add_column(sa.Column("number_given_at", types.Moment(), nullable=True))
        batch_op.add_column(sa.Column("credited_invoice_id", types.Key, nullable=True))
        batch_op.add_column(sa.Column("approved_by_id", types.Key, nullable=True))
        batch_op.create_index(op.f("ix_invoices_credited_invoice_id"), ["credited_invoice_id"], unique=False)
        batch_op.create_index(op.f("ix_invoices_approved_by_id"), ["approved_by_id"], unique=False)
        batch_op.create_foreign_key(
            op.f("fk_invoices_credited_invoice_id"), "invoices", ["credited_invoice_id"], ["id"]
        )
        batch_op.create_foreign_key(
            op.f("fk_invoices_approved_by_id"), "users", ["approved_by_id"], ["id"], ondelete="SET NULL"
        )


def downgrade():
    with op.batch_alter_table("invoices") as batch_op:
        batch_op.drop_constraint(op.f("fk_invoices_approved_by_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_invoices_credited_invoice_id"), type_="foreignkey")
        batch_op.drop_index(op.f("ix_invoices_approved_by_id"))
        batch_op.drop_index(op.f("ix_invoices_credited_invoice_id"))
        batch_op.drop_column("approved_by_id")
        batch_op.drop_column("credited_invoice_id")
        batch_op.drop_column("number_given_at")
    op.drop_table("number_series")
