"""invoices that are written together are counted together: the triggers, made anew after each migration, know of it

Revision ID: 0043
Revises: 0042
"""

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade():
    """The triggers are what changes; they are installed at the end of every migration."""


def downgrade():
    """The triggers stay as this program has them: where nobody asks them not to, they count every row."""
