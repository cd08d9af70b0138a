"""settings of accounting: what departments inherit, a key for payments, projects, activities and GL accounts

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import types

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

LINE_COLUMNS = (
    ("activity_code", 60),
    ("sent_account_code", 20),
    ("sent_account_level", 12),
    ("sent_account_name", 200),
)


def connection_columns():
    """The second key of a connection with its session, what a department inherits, and where expenses go."""
    return [
        sa.Column("sealed_payment_key", sa.Text(), server_default="", nullable=False),
        sa.Column("payment_key_hint", sa.String(4), server_default="", nullable=False),
        sa.Column("sealed_payment_session", sa.Text(), server_default="", nullable=False),
        sa.Column("payment_login_until", types.Moment(), nullable=True),
        sa.Column("payment_session_at", types.Moment(), nullable=True),
        sa.Column("inherits", types.Json, nullable=True),
        sa.Column("send_expenses", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("expense_folder_id", sa.String(64), server_default="", nullable=False),
    ]


def upgrade():
    op.create_table(
        "dimensions",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("organisation_id", types.Key, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("gl_account_code", sa.String(length=20), nullable=False),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.Column("updated_at", types.Moment(), nullable=False),
        sa.CheckConstraint("kind IN ('project', 'activity')", name=op.f("ck_dimensions_kind")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_dimensions_organisation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dimensions")),
    )
    op.create_index("uq_dimensions_code", "dimensions", ["organisation_id", "kind", "code"], unique=True)
    op.create_index("ix_dimensions_name", "dimensions", ["organisation_id", "kind", "name", "id"])
    op.add_column("departments", sa.Column("gl_account_code", sa.String(20), server_default="", nullable=False))
    for name, length in LINE_COLUMNS:
        op.add_column("invoice_lines", sa.Column(name, sa.String(length), server_default="", nullable=False))
    for column in connection_columns():
        op.add_column("connections", column)


def downgrade():
    with op.batch_alter_table("connections") as batch_op:
        for column in reversed(connection_columns()):
            batch_op.drop_column(column.name)
    for name, _length in reversed(LINE_COLUMNS):
        op.drop_column("invoice_lines", name)
    op.drop_column("departments", "gl_account_code")
    op.drop_table("dimensions")
