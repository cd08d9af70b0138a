"""figures of invoices that the database keeps itself; indexes of the list in which filters are answered

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import tallies, tally_triggers, types

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ORDERS = {
    "date": "issue_date",
    "due": "due_date",
    "total": "gross_total",
    "open": "outstanding_amount",
    "number": "number",
    "contact": "contact_name",
}
PAYMENTS = ["organisation_id", "received_on", "id"]
OWED_ORDERS = {
    "ix_invoices_owed": ["due_date", "id", "issue_date", "delivery", "payment"],
    "ix_invoices_owed_date": ["issue_date", "id", "due_date"],
}
OWED = sa.text("status = 'sent' AND outstanding_amount > 0")


def sums():
    return (
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("gross", types.Exact(4), nullable=False),
        sa.Column("outstanding", types.Exact(4), nullable=False),
        sa.Column("loose", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def group(*names):
    lengths = {"kind": 10, "currency": 3, "grain": 1}
    return [
        sa.Column(
            name,
            sa.BigInteger() if name.endswith("_id") else sa.Date() if name in ("month", "due") else sa.String(lengths.get(name, 20)),
            nullable=False,
        )
        for name in names
    ]


TABLES = {
    "invoice_tallies": ("organisation_id", "kind", "month", "status", "delivery", "payment", "currency", "source", "department_id"),
    "owed_tallies": ("organisation_id", "kind", "grain", "due", "delivery", "payment", "currency", "source", "department_id"),
}


def upgrade():
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, columns in TABLES.items():
        op.create_table(name, *group(*columns), *sums())
    for table in (tallies.INVOICES, tallies.OWED):
        columns = ", ".join((*tallies.groups(table), "number", "gross", "outstanding"))
        counted = tallies.summed(table, [tallies.counted(table, op.get_bind().dialect.name)])
        op.execute(f"INSERT INTO {table.name} ({columns}) {counted}")
    for name, columns in TABLES.items():
        if sqlite:
            op.create_index(f"uq_{name}", name, columns, unique=True)
        else:
            op.create_index(f"ix_{name}", name, columns[: 4 if "grain" in columns else 3])
    for name, column in ORDERS.items():
        op.drop_index(f"ix_invoices_list_{name}", "invoices")
        op.create_index(
            f"ix_invoices_list_{name}",
            "invoices",
            ["organisation_id", "kind", column, "id", "status", "delivery", "payment", "source", "department_id"],
        )
    for name, columns in OWED_ORDERS.items():
        op.create_index(
            name, "invoices", ["organisation_id", "kind", *columns], sqlite_where=OWED, postgresql_where=OWED
        )
    op.drop_index("ix_payments_list", "payments")
    op.create_index("ix_payments_list", "payments", [*PAYMENTS, "source", "currency", "amount", "explained_amount"])
    op.create_index("ix_runs_created_at", "runs", ["organisation_id", "created_at"])


def downgrade():
    tally_triggers.remove(op.get_bind())
    op.drop_index("ix_runs_created_at", "runs")
    op.drop_index("ix_payments_list", "payments")
    op.create_index("ix_payments_list", "payments", PAYMENTS)
    for name in OWED_ORDERS:
        op.drop_index(name, "invoices")
    for name, column in ORDERS.items():
        op.drop_index(f"ix_invoices_list_{name}", "invoices")
        op.create_index(f"ix_invoices_list_{name}", "invoices", ["organisation_id", "kind", column, "id"])
    for name in TABLES:
        op.drop_table(name)
