"""the books' own cards of contacts, examinations of many invoices, contacts that are kept out of the way

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

from webapp.store import types

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("contacts", sa.Column("archived_at", types.Moment(), nullable=True))
    op.create_table(
        "contact_cards",
        sa.Column("connection_id", types.Key, nullable=False),
        sa.Column("contact_id", types.Key, nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("asked_code", sa.String(length=40), nullable=False),
        sa.Column("asked_name", sa.String(length=200), nullable=False),
        sa.Column("found", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("card", types.Json, nullable=False),
        sa.Column("read_at", types.Moment(), nullable=False),
        sa.CheckConstraint(
            "found IN ('code', 'name', 'namesake', 'none', 'denied', 'failed')", name=op.f("ck_contact_cards_found")
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_contact_cards_connection_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_contact_cards_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("connection_id", "contact_id", name=op.f("pk_contact_cards")),
    )
    op.create_index("ix_contact_cards_contact_id", "contact_cards", ["contact_id"])
    op.create_table(
        "examinations",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("organisation_id", types.Key, nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("filters", types.Json, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("total", "examined", "skipped", "ready", "warned", "bad")
        ),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.Column("beat_at", types.Moment(), nullable=False),
        sa.Column("finished_at", types.Moment(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done')", name=op.f("ck_examinations_state")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_examinations_organisation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_examinations")),
    )
    op.create_index("ix_examinations_organisation_id", "examinations", ["organisation_id", "id"])
    op.create_index("ix_examinations_state", "examinations", ["state", "beat_at"])
    op.create_table(
        "examination_items",
        sa.Column("examination_id", types.Key, nullable=False),
        sa.Column("invoice_id", types.Key, nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.CheckConstraint("verdict IN ('waiting', 'ready', 'warned', 'bad')", name=op.f("ck_examination_items_verdict")),
        sa.ForeignKeyConstraint(
            ["examination_id"], ["examinations.id"], name=op.f("fk_examination_items_examination_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_examination_items_invoice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("examination_id", "invoice_id", name=op.f("pk_examination_items")),
    )
    op.create_index(
        "ix_examination_items_verdict", "examination_items", ["examination_id", "verdict", "invoice_id"]
    )
    op.create_index("ix_examination_items_invoice_id", "examination_items", ["invoice_id"])


def downgrade():
    for table in ("examination_items", "examinations", "contact_cards"):
        op.drop_table(table)
    op.drop_column("contacts", "archived_at")
