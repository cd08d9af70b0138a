"""Many at once, in small; `python -m tests.proof.concurrency` does it with the full numbers."""

from tests.proof.concurrency import prove
from tests.support.databases import Databases


def test_many_at_once_have_one_effect(database_kind: str, databases: Databases) -> None:
    for name, figures, good in prove(database_kind, clicks=12, count=60, times=80, databases=databases):
        assert good, (name, figures)
