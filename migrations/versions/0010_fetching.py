"""documents fetched from a remote

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import types


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

WAITING = sa.text("solved_at IS NULL")
OLD_NUMBER = sa.text("kind = 'sales' AND number <> ''")
OWN_NUMBER = sa.text("kind = 'sales' AND number <> '' AND source <> 'billingo'")
OPEN = sa.text("category = 'fetch_invoices' AND status IN ('queued', 'running')")


def upgrade():
    with op.batch_alter_table('invoices', schema=None) as batch_op:
        batch_op.drop_index('uq_invoices_own_number', sqlite_where=OLD_NUMBER, postgresql_where=OLD_NUMBER)
        batch_op.create_index('uq_invoices_own_number', ['organisation_id', 'number'], unique=True, sqlite_where=OWN_NUMBER, postgresql_where=OWN_NUMBER)
    with op.batch_alter_table('runs', schema=None) as batch_op:
        batch_op.create_index('uq_runs_one_fetch', ['connection_id'], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)

    op.create_table('remote_documents',
    sa.Column('id', types.Key, nullable=False),
    sa.Column('organisation_id', types.Key, nullable=False),
    sa.Column('connection_id', types.Key, nullable=False),
    sa.Column('invoice_id', types.Key, nullable=False),
    sa.Column('remote_id', sa.String(length=40), nullable=False),
    sa.Column('digest', sa.BigInteger(), nullable=False),
    sa.Column('document_type', sa.String(length=60), nullable=False),
    sa.Column('correction_type', sa.String(length=60), nullable=False),
    sa.Column('cancelled', sa.Boolean(), nullable=False),
    sa.Column('payment_status', sa.String(length=60), nullable=False),
    sa.Column('payment_method', sa.String(length=60), nullable=False),
    sa.Column('fulfillment_date', sa.Date(), nullable=True),
    sa.Column('paid_date', sa.Date(), nullable=True),
    sa.Column('conversion_rate', types.Exact(6), nullable=True),
    sa.Column('difference', types.Exact(4), nullable=False),
    sa.Column('facts', types.Json, nullable=False),
    sa.Column('seen_at', types.Moment(), nullable=False),
    sa.Column('vanished_at', types.Moment(), nullable=True),
    sa.Column('created_at', types.Moment(), nullable=False),
    sa.Column('updated_at', types.Moment(), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_remote_documents_connection_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'], name=op.f('fk_remote_documents_invoice_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_remote_documents_organisation_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_remote_documents')),
    sa.UniqueConstraint('connection_id', 'remote_id', name=op.f('uq_remote_documents_connection_id'))
    )
    with op.batch_alter_table('remote_documents', schema=None) as batch_op:
        batch_op.create_index('ix_remote_documents_seen_at', ['connection_id', 'seen_at'], unique=False)
        batch_op.create_index('uq_remote_documents_invoice_id', ['invoice_id'], unique=True)

    op.create_table('remote_parties',
    sa.Column('id', types.Key, nullable=False),
    sa.Column('connection_id', types.Key, nullable=False),
    sa.Column('remote_id', sa.String(length=40), nullable=False),
    sa.Column('contact_id', types.Key, nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_remote_parties_connection_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_remote_parties_contact_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_remote_parties')),
    sa.UniqueConstraint('connection_id', 'remote_id', name=op.f('uq_remote_parties_connection_id'))
    )
    with op.batch_alter_table('remote_parties', schema=None) as batch_op:
        batch_op.create_index('ix_remote_parties_contact_id', ['contact_id'], unique=False)

    op.create_table('fetch_states',
    sa.Column('connection_id', types.Key, nullable=False),
    sa.Column('watermark', types.Moment(), nullable=True),
    sa.Column('full_at', types.Moment(), nullable=True),
    sa.Column('progress', types.Json, nullable=False),
    sa.Column('updated_at', types.Moment(), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_fetch_states_connection_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('connection_id', name=op.f('pk_fetch_states'))
    )

    op.create_table('set_aside',
    sa.Column('id', types.Key, nullable=False),
    sa.Column('organisation_id', types.Key, nullable=False),
    sa.Column('connection_id', types.Key, nullable=False),
    sa.Column('run_id', types.Key, nullable=True),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('remote_id', sa.String(length=40), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('field', sa.String(length=100), nullable=False),
    sa.Column('reason', sa.String(length=30), nullable=False),
    sa.Column('payload', sa.Text(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('created_at', types.Moment(), nullable=False),
    sa.Column('updated_at', types.Moment(), nullable=False),
    sa.Column('solved_at', types.Moment(), nullable=True),
    sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_set_aside_connection_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_set_aside_organisation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['run_id'], ['runs.id'], name=op.f('fk_set_aside_run_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_set_aside')),
    sa.UniqueConstraint('connection_id', 'name', name=op.f('uq_set_aside_connection_id'))
    )
    with op.batch_alter_table('set_aside', schema=None) as batch_op:
        batch_op.create_index('ix_set_aside_waiting', ['connection_id', 'id'], unique=False, sqlite_where=WAITING, postgresql_where=WAITING)


def downgrade():
    op.drop_table('set_aside')
    op.drop_table('fetch_states')
    op.drop_table('remote_parties')
    op.drop_table('remote_documents')
    with op.batch_alter_table('runs', schema=None) as batch_op:
        batch_op.drop_index('uq_runs_one_fetch', sqlite_where=OPEN, postgresql_where=OPEN)
    # The narrower index of numbers stays: what was fetched may repeat a number of one's own, and older versions can do
    # with it. Without the tables above nobody knows which document an invoice is, so those that nobody here has touched
    # go; the next fetch brings them again. Where somebody's money stands against one, it stays.
    op.execute(sa.text("""
        CREATE TEMPORARY TABLE koppel_going AS SELECT id FROM invoices WHERE source = 'billingo'
        AND NOT EXISTS (SELECT 1 FROM allocations a LEFT JOIN payments p ON p.id = a.payment_id
                        WHERE (a.credit_note_id = invoices.id OR a.invoice_id = invoices.id)
                        AND NOT (a.kind = 'credit' AND a.actor_kind = 'system')
                        AND (p.id IS NULL OR p.invoice_id IS NULL OR p.invoice_id <> a.invoice_id))
        AND NOT EXISTS (SELECT 1 FROM payments p JOIN allocations a ON a.payment_id = p.id
                        WHERE p.invoice_id = invoices.id AND a.invoice_id <> invoices.id)
    """))
    # A storno and what it cancels go together, or stay together.
    for _ in range(3):
        for this, other in (("invoice_id", "credit_note_id"), ("credit_note_id", "invoice_id")):
            op.execute(sa.text(f"DELETE FROM koppel_going WHERE id IN (SELECT {this} FROM allocations WHERE kind = 'credit' AND {other} NOT IN (SELECT id FROM koppel_going))"))
    going = "(SELECT id FROM koppel_going)"
    op.execute(sa.text(f"DELETE FROM matches WHERE payment_id IN (SELECT id FROM payments WHERE invoice_id IN {going})"))
    for table in ('allocations', 'payments', 'remote_open_items', 'run_items', 'invoice_events', 'invoice_documents', 'deliveries', 'invoice_lines'):
        op.execute(sa.text(f"DELETE FROM {table} WHERE invoice_id IN {going}"))
    op.execute(sa.text(f"DELETE FROM invoices WHERE id IN {going}"))
    op.execute(sa.text("DROP TABLE koppel_going"))
