"""the order of dates in the index of the search, and the beginnings of numbers

The index is emptied, and every invoice waits to be taken up anew: the scheduler takes up 100,000 in about twenty seconds
of one core, and until then a search for what very many hold walks the list, as it does after a first sync. The
statement that lets them wait writes one narrow row for each invoice: seconds for a million.

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import search_pieces

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def _take_up_anew():
    op.execute("DELETE FROM search_pieces")
    op.execute("DELETE FROM search_waiting")
    op.execute("INSERT INTO search_waiting SELECT organisation_id, id FROM invoices")


def upgrade():
    op.create_table(
        "search_days",
        sa.Column("organisation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("segment", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_day", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Integer(), nullable=False),
        sa.Column("days", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "segment", name="pk_search_days"),
        sqlite_with_rowid=False,
    )
    _take_up_anew()


def downgrade():
    search_pieces.remove(op.get_bind())
    op.drop_table("search_days")
    _take_up_anew()
