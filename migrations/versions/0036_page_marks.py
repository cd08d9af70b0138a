"""pages of a list that are known to the byte

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op


revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'page_marks',
        sa.Column('connection_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('mark', sa.BigInteger(), nullable=False),
        sa.Column('last', sa.Integer(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('tail', sa.String(length=40), nullable=False),
        sa.Column('lines', sa.Integer(), nullable=False),
        sa.Column('low', sa.BigInteger(), nullable=False),
        sa.Column('high', sa.BigInteger(), nullable=False),
        sa.Column('documents', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['connection_id'], ['connections.id'], name=op.f('fk_page_marks_connection_id_connections'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('connection_id', 'number', name=op.f('pk_page_marks')),
    )


def downgrade():
    op.drop_table('page_marks')
