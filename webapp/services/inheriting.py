"""What departments inherit is written into their connections, so that nothing else need know of inheritance."""

from sqlalchemy import select

from webapp.domain.accounting import ALONG, FLAGS, is_all
from webapp.extensions import clock
from webapp.services.connection_rows import move_connection, put_key
from webapp.services.payment_keys import drop_payment_key, key_of, payment_key_of, put_payment_key
from webapp.store.connections import Connection
from webapp.store.session import current


def spread(parent: Connection) -> None:
    """Bring the connections of departments up to date with the organisation's, inside of a transaction."""
    if parent.department_id is not None:
        return
    rows = current().scalars(
        select(Connection)
        .where(
            Connection.organisation_id == parent.organisation_id,
            Connection.provider == parent.provider,
            Connection.department_id.is_not(None),
        )
        .order_by(Connection.id)
        .with_for_update()
    )
    for row in rows:
        if row.inherits is not None:
            inherit(row, parent)
            row.updated_at = clock.now()


def inherit(own: Connection, parent: Connection | None) -> None:
    """Write into a department's connection what it has from the organisation's."""
    inherits = own.inherits or []
    if parent is None or not inherits:
        return
    for name in (*FLAGS, "expense_folder_id"):
        if name in inherits:
            setattr(own, name, getattr(parent, name))
    for name in ALONG:
        if name != "region":
            setattr(own, name, getattr(parent, name))
    if "key" in inherits and key_of(own) != key_of(parent):
        put_key(own, key_of(parent))
    administration = parent.administration_id if "administration_id" in inherits else own.administration_id
    move_connection(own, region=parent.region, administration_id=administration)
    if "key" in inherits and not own.domain_id:
        # One key, one domain, until a test says otherwise: their calls count together from the first one on.
        own.domain_id, own.domain_name = parent.domain_id, parent.domain_name
    if "payment_key" in inherits:
        _inherit_payment_key(own, payment_key_of(parent) if "key" in inherits else "")
    if is_all(inherits):
        own.send_invoices = False


def _inherit_payment_key(own: Connection, key: str) -> None:
    if not key:
        drop_payment_key(own)
    elif key != payment_key_of(own):
        put_payment_key(own, key)
