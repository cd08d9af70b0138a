"""Who acts in this request."""

from flask_login import current_user

from webapp.services.actors import Actor, person


def acting() -> Actor:
    """Return the user of this request as an actor."""
    return person(current_user.organisation_id, current_user.name, user_id=current_user.id)
