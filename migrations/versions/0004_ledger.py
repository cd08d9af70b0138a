"""the ledger: credits, write-offs and reversals beside payments, with sums that the database guards

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import types


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

USED = (
    "unapplied_amount = amount - allocated_amount - explained_amount - reversed_amount AND ("
    "(amount >= 0 AND allocated_amount >= 0 AND explained_amount >= 0 AND reversed_amount >= 0"
    " AND unapplied_amount >= 0) OR "
    "(amount <= 0 AND allocated_amount <= 0 AND explained_amount <= 0 AND reversed_amount <= 0"
    " AND unapplied_amount <= 0))"
)
ENTRY = (
    "amount <> 0 AND ("
    "(kind = 'payment' AND payment_id IS NOT NULL AND invoice_id IS NOT NULL AND credit_note_id IS NULL) OR "
    "(kind = 'credit' AND credit_note_id IS NOT NULL AND invoice_id IS NOT NULL AND payment_id IS NULL) OR "
    "(kind = 'write_off' AND write_off_kind <> '' AND credit_note_id IS NULL"
    " AND (payment_id IS NULL) <> (invoice_id IS NULL)))"
)
SETTLED = (
    "outstanding_amount = gross_total - paid_amount - credited_amount - written_off_amount AND ("
    "(gross_total >= 0 AND paid_amount >= 0 AND credited_amount >= 0 AND written_off_amount >= 0"
    " AND outstanding_amount >= 0) OR "
    "(gross_total <= 0 AND paid_amount <= 0 AND credited_amount <= 0 AND written_off_amount <= 0"
    " AND outstanding_amount <= 0))"
)
PAYMENT_COLUMNS = (
    "invoice_id {key} CONSTRAINT fk_payments_invoice_id REFERENCES invoices (id)",
    "iban VARCHAR(34) NOT NULL DEFAULT ''",
    "account VARCHAR(34) NOT NULL DEFAULT ''",
    "reason VARCHAR(300) NOT NULL DEFAULT ''",
    "actor_kind VARCHAR(10) NOT NULL DEFAULT 'system'",
    "actor_name VARCHAR(200) NOT NULL DEFAULT ''",
    "reverses_id {key} CONSTRAINT fk_payments_reverses_id REFERENCES payments (id)",
    "unapplied_amount BIGINT NOT NULL DEFAULT 0",
    "reversed_amount BIGINT NOT NULL DEFAULT 0",
)


def upgrade():
    key = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    for column in PAYMENT_COLUMNS:
        op.execute("ALTER TABLE payments ADD COLUMN " + column.format(key=key))
    op.add_column("payments", sa.Column("fact", types.Json, nullable=False, server_default="{}"))
    # The invoice that a payment of the books is about was known by its allocation alone, if only of nothing.
    op.execute(
        "UPDATE payments SET invoice_id = (SELECT MIN(a.invoice_id) FROM allocations a WHERE a.payment_id = payments.id)"
        " WHERE source = 'yuki'"
    )
    op.execute("DELETE FROM allocations WHERE amount = 0")
    allocated = "COALESCE((SELECT SUM(a.amount) FROM allocations a WHERE a.payment_id = payments.id), 0)"
    # Signs that do not fit were never written, so the check holds; it comes with the last column, since
    # SQLite takes it so without copying a table that others point to.
    op.execute("ALTER TABLE payments ADD COLUMN allocated_amount BIGINT NOT NULL DEFAULT 0")
    op.execute(f"UPDATE payments SET allocated_amount = {allocated}, unapplied_amount = amount - {allocated}")
    op.execute(f"ALTER TABLE payments ADD COLUMN explained_amount BIGINT NOT NULL DEFAULT 0 CONSTRAINT ck_payments_used CHECK ({USED})")
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index("uq_payments_reverses_id", ["reverses_id"], unique=True)
        batch_op.create_index("ix_payments_invoice_id", ["invoice_id", "id"], unique=False)
        batch_op.create_index(
            "ix_payments_unapplied",
            ["organisation_id", "received_on", "id"],
            unique=False,
            sqlite_where=sa.text("unapplied_amount <> 0"),
            postgresql_where=sa.text("unapplied_amount <> 0"),
        )

    op.execute("ALTER TABLE invoices ADD COLUMN credited_amount BIGINT NOT NULL DEFAULT 0")
    op.execute(
        "ALTER TABLE invoices ADD COLUMN written_off_amount BIGINT NOT NULL DEFAULT 0"
        f" CONSTRAINT ck_invoices_settled CHECK ({SETTLED})"
    )

    with op.batch_alter_table("allocations", schema=None) as batch_op:
        batch_op.alter_column("payment_id", existing_type=types.Key, nullable=True)
        batch_op.alter_column("invoice_id", existing_type=types.Key, nullable=True)
        batch_op.add_column(sa.Column("kind", sa.String(length=10), nullable=False, server_default="payment"))
        batch_op.add_column(sa.Column("credit_note_id", types.Key, nullable=True))
        batch_op.add_column(sa.Column("write_off_kind", sa.String(length=20), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("reason", sa.String(length=300), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("actor_kind", sa.String(length=10), nullable=False, server_default="system"))
        batch_op.add_column(sa.Column("actor_name", sa.String(length=200), nullable=False, server_default=""))
        batch_op.create_foreign_key(op.f("fk_allocations_credit_note_id"), "invoices", ["credit_note_id"], ["id"])
        batch_op.create_check_constraint(op.f("ck_allocations_entry"), ENTRY)
        batch_op.create_index("ix_allocations_credit_note_id", ["credit_note_id"], unique=False)


def downgrade():
    op.execute("DELETE FROM allocations WHERE kind <> 'payment' OR invoice_id IS NULL OR payment_id IS NULL")
    with op.batch_alter_table("allocations", schema=None) as batch_op:
        batch_op.drop_index("ix_allocations_credit_note_id")
        batch_op.drop_constraint(op.f("ck_allocations_entry"), type_="check")
        batch_op.drop_constraint(op.f("fk_allocations_credit_note_id"), type_="foreignkey")
        for name in ("actor_name", "actor_kind", "reason", "write_off_kind", "credit_note_id", "kind"):
            batch_op.drop_column(name)
        batch_op.alter_column("invoice_id", existing_type=types.Key, nullable=False)
        batch_op.alter_column("payment_id", existing_type=types.Key, nullable=False)

    # A later revision may have copied the table, and then the check is the table's own.
    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_invoices_settled"), type_="check")
        batch_op.drop_column("written_off_amount")
        batch_op.drop_column("credited_amount")

    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.drop_index("ix_payments_unapplied")
        batch_op.drop_index("ix_payments_invoice_id")
        batch_op.drop_index("uq_payments_reverses_id")
    for name in ("explained_amount", "allocated_amount", "fact", *(one.partition(" ")[0] for one in reversed(PAYMENT_COLUMNS))):
        op.execute(f"ALTER TABLE payments DROP COLUMN {name}")
