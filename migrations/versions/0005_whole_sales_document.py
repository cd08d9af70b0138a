"""every field of the sales invoice document, products, the attached PDF, the VAT codes of an administration

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _text(name, length):
    return sa.Column(name, sa.String(length=length), nullable=False, server_default="")


def _flag(name):
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


COLUMNS = {
    "invoices": (
        lambda: _text("purchase_order_number", 60),
        lambda: sa.Column("process", sa.Boolean(), nullable=True),
        lambda: _flag("email_to_customer"),
        lambda: _flag("sent_to_peppol"),
        lambda: _text("layout", 100),
        lambda: _text("notes", 500),
        lambda: _text("price_list", 100),
        lambda: _text("project_id", 36),
        lambda: _text("project_code", 60),
        lambda: sa.Column("contact_person", types.Json, nullable=False, server_default="{}"),
    ),
    "invoice_lines": (
        lambda: _text("vat_description", 100),
        lambda: sa.Column("category", sa.Integer(), nullable=True),
        lambda: sa.Column("product_remarks", sa.Text(), nullable=False, server_default=""),
        lambda: _flag("price_from_list"),
        lambda: sa.Column("line_amount", types.Exact(4), nullable=True),
        lambda: sa.Column("line_vat_amount", types.Exact(4), nullable=True),
    ),
    "contacts": (
        lambda: _text("first_name", 100),
        lambda: _text("middle_name", 60),
        lambda: _text("last_name", 100),
        lambda: _text("gender", 10),
        lambda: sa.Column("cleared", types.Json, nullable=False, server_default="[]"),
    ),
}


def upgrade():
    for table, columns in COLUMNS.items():
        for column in columns:
            op.add_column(table, column())
    op.create_table(
        "invoice_documents",
        sa.Column("invoice_id", types.Key, nullable=False),
        sa.Column("organisation_id", types.Key, nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_invoice_documents_invoice_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_invoice_documents_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("invoice_id", name=op.f("pk_invoice_documents")),
    )
    op.create_index("ix_invoice_documents_organisation_id", "invoice_documents", ["organisation_id"])
    op.create_table(
        "products",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("organisation_id", types.Key, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("description", sa.String(length=60), nullable=False),
        sa.Column("sales_price", types.Exact(6), nullable=True),
        sa.Column("vat_included", sa.Boolean(), nullable=False),
        sa.Column("vat_type", sa.Integer(), nullable=False),
        sa.Column("vat_rate", types.Exact(4), nullable=False),
        sa.Column("vat_description", sa.String(length=100), nullable=False),
        sa.Column("category", sa.Integer(), nullable=True),
        sa.Column("gl_account_code", sa.String(length=20), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=False),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.Column("updated_at", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_products_organisation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
    )
    with_code = sa.text("code <> ''")
    op.create_index(
        "uq_products_code",
        "products",
        ["organisation_id", "code"],
        unique=True,
        sqlite_where=with_code,
        postgresql_where=with_code,
    )
    op.create_index("uq_products_description", "products", ["organisation_id", "description"], unique=True)
    op.create_table(
        "vat_code_lists",
        sa.Column("connection_id", types.Key, nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("codes", types.Json, nullable=False),
        sa.Column("read_at", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_vat_code_lists_connection_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_vat_code_lists")),
    )


def downgrade():
    for table in ("vat_code_lists", "products", "invoice_documents"):
        op.drop_table(table)
    for table, columns in COLUMNS.items():
        for column in reversed(columns):
            op.drop_column(table, column().name)
