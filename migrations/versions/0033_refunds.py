"""a part of a payment that went back by another payment

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import types

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

ALONE = {"resolve_fks": False}
"""The table is read without those that it refers to: an index of theirs SQLAlchemy cannot read."""

BEFORE = (
    "amount <> 0 AND ("
    "(kind = 'payment' AND payment_id IS NOT NULL AND invoice_id IS NOT NULL AND credit_note_id IS NULL) OR "
    "(kind = 'credit' AND credit_note_id IS NOT NULL AND invoice_id IS NOT NULL AND payment_id IS NULL) OR "
    "(kind = 'write_off' AND write_off_kind <> '' AND credit_note_id IS NULL"
    " AND (payment_id IS NULL) <> (invoice_id IS NULL)))"
)
ENTRY = (
    "amount <> 0 AND ("
    "(kind = 'payment' AND payment_id IS NOT NULL AND invoice_id IS NOT NULL AND credit_note_id IS NULL"
    " AND refund_id IS NULL) OR "
    "(kind = 'credit' AND credit_note_id IS NOT NULL AND invoice_id IS NOT NULL AND payment_id IS NULL"
    " AND refund_id IS NULL) OR "
    "(kind = 'refund' AND payment_id IS NOT NULL AND refund_id IS NOT NULL AND payment_id <> refund_id"
    " AND invoice_id IS NULL AND credit_note_id IS NULL) OR "
    "(kind = 'write_off' AND write_off_kind <> '' AND credit_note_id IS NULL AND refund_id IS NULL"
    " AND (payment_id IS NULL) <> (invoice_id IS NULL)))"
)


def upgrade():
    with op.batch_alter_table("allocations", reflect_kwargs=ALONE) as batch_op:
        batch_op.add_column(sa.Column("refund_id", types.Key, nullable=True))
        batch_op.create_foreign_key(op.f("fk_allocations_refund_id"), "payments", ["refund_id"], ["id"])
        batch_op.drop_constraint(op.f("ck_allocations_entry"), type_="check")
        batch_op.create_check_constraint(op.f("ck_allocations_entry"), ENTRY)
        batch_op.create_index("ix_allocations_refund_id", ["refund_id"], unique=False)


def downgrade():
    for column, sign in (("payment_id", "+"), ("refund_id", "-")):
        used = f"(SELECT SUM(a.amount) FROM allocations a WHERE a.kind = 'refund' AND a.{column} = payments.id)"
        op.execute(
            f"UPDATE payments SET allocated_amount = allocated_amount - ({sign}{used}),"  # noqa: S608
            f" unapplied_amount = unapplied_amount + ({sign}{used}) WHERE {used} <> 0"
        )
    op.execute("DELETE FROM allocations WHERE kind = 'refund' AND reverses_id IS NOT NULL")
    op.execute("DELETE FROM allocations WHERE kind = 'refund'")
    with op.batch_alter_table("allocations", reflect_kwargs=ALONE) as batch_op:
        batch_op.drop_index("ix_allocations_refund_id")
        batch_op.drop_constraint(op.f("ck_allocations_entry"), type_="check")
        batch_op.drop_constraint(op.f("fk_allocations_refund_id"), type_="foreignkey")
        batch_op.drop_column("refund_id")
        batch_op.create_check_constraint(op.f("ck_allocations_entry"), BEFORE)
