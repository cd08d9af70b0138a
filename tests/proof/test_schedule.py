"""The proof of the schedule in small; `python -m tests.proof.schedule` walks the whole year."""

from tests.proof.schedule import prove
from tests.proof.stage import staged
from tests.support.databases import Databases


def test_three_schedulers_at_once_start_every_slot_once(database_kind: str, databases: Databases) -> None:
    with staged(database_kind, databases=databases) as stage:
        figures, good = prove(stage, days=6, schedulers=3)
    assert good, figures
    assert figures["slots"] == 6 * 7
