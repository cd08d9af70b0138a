"""Which revision the tables have, and which is the newest: read as text, since Alembic takes a quarter of a second."""

import re
from functools import lru_cache

from sqlalchemy import inspect, text

from webapp.resources import resource
from webapp.store.session import current

_NAMED = re.compile(r"^(revision|down_revision) = (?:['\"](\w+)['\"]|None)", re.MULTILINE)


@lru_cache(maxsize=1)
def newest() -> str:
    """Return the newest revision that this program has: the one that no other comes after."""
    found: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for path in (resource("migrations") / "versions").glob("*.py"):
        for name, revision in _NAMED.findall(path.read_text(encoding="utf-8")):
            found[name].add(revision)
    return ", ".join(sorted(found["revision"] - found["down_revision"]))


def of_the_tables() -> str:
    """Return the revision that the tables have; "" where there are none. SQLAlchemyError where it cannot be read."""
    if not inspect(current().connection()).has_table("alembic_version"):
        return ""
    return str(current().scalar(text("SELECT version_num FROM alembic_version")) or "")
