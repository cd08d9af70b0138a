"""the tax number of a fetched document's customer, in a column of its own with an index: the API filters by it

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

GIVEN = sa.text("tax_number <> ''")


def upgrade():
    op.add_column("remote_documents", sa.Column("tax_number", sa.String(60), server_default="", nullable=False))
    said = "facts -> 'partner' ->> 'tax_number'"
    if op.get_bind().dialect.name == "sqlite":
        said = "json_extract(facts, '$.partner.tax_number')"
    op.execute(f"UPDATE remote_documents SET tax_number = substr({said}, 1, 60) WHERE {said} <> ''")
    op.create_index(
        "ix_remote_documents_tax_number",
        "remote_documents",
        ["organisation_id", "tax_number"],
        sqlite_where=GIVEN,
        postgresql_where=GIVEN,
    )


def downgrade():
    op.drop_index("ix_remote_documents_tax_number", "remote_documents")
    op.drop_column("remote_documents", "tax_number")
