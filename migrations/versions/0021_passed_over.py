"""what is passed over in a reading because its bytes are as before

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op


revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('remote_documents', sa.Column('mark', sa.BigInteger(), nullable=True))
    op.create_table(
        'seen_pages',
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('connection_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('started_at', sa.DateTime(), nullable=False),
        sa.Column('documents', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_seen_pages_connection_id_connections'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_seen_pages')),
    )
    op.create_index('ix_seen_pages_connection_id', 'seen_pages', ['connection_id', 'id'])


def downgrade():
    op.drop_index('ix_seen_pages_connection_id', 'seen_pages')
    op.drop_table('seen_pages')
    op.drop_column('remote_documents', 'mark')
