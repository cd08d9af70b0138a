"""documents of the books' archive

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op


revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

OLD_NUMBER = sa.text("kind = 'sales' AND number <> '' AND source <> 'billingo'")
OWN_NUMBER = sa.text("kind = 'sales' AND number <> '' AND source NOT IN ('billingo', 'yuki')")
WANTED = sa.text("details = 'wanted'")


def upgrade():
    _number(OLD_NUMBER, OWN_NUMBER)
    op.add_column('connections', sa.Column('fetch_invoices', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('remote_open_items', sa.Column('side', sa.String(length=8), server_default='debtor', nullable=False))
    op.add_column('fetch_states', sa.Column('placed', sa.String(length=32), server_default='', nullable=False))
    op.add_column('remote_documents', sa.Column('details', sa.String(length=10), server_default='', nullable=False))
    op.create_index('ix_remote_documents_details', 'remote_documents', ['connection_id', 'id'], sqlite_where=WANTED, postgresql_where=WANTED)


def downgrade():
    # What was fetched from the books' archive goes with it: older code knows no such invoices.
    op.execute("DELETE FROM allocations WHERE invoice_id IN (SELECT id FROM invoices WHERE source = 'yuki')")
    op.execute("DELETE FROM payments WHERE invoice_id IN (SELECT id FROM invoices WHERE source = 'yuki')")
    op.execute("DELETE FROM invoices WHERE source = 'yuki'")
    op.drop_index('ix_remote_documents_details', 'remote_documents', sqlite_where=WANTED, postgresql_where=WANTED)
    op.drop_column('remote_documents', 'details')
    op.drop_column('fetch_states', 'placed')
    op.drop_column('remote_open_items', 'side')
    op.drop_column('connections', 'fetch_invoices')
    _number(OWN_NUMBER, OLD_NUMBER)


def _number(old, new):
    op.drop_index('uq_invoices_own_number', 'invoices', sqlite_where=old, postgresql_where=old)
    op.create_index('uq_invoices_own_number', 'invoices', ['organisation_id', 'number'], unique=True, sqlite_where=new, postgresql_where=new)
