"""The ledger's proofs in small; `python -m tests.proof.ledger` does them with the full numbers."""

from tests.proof.ledger import prove
from tests.support.databases import Databases


def test_the_ledger_keeps_its_invariants_whatever_comes_in_whatever_order(
    database_kind: str, databases: Databases
) -> None:
    for name, figures, good in prove(database_kind, databases=databases, operations=300, shuffles=8, hands=16, tries=3):
        assert good, (name, figures)
