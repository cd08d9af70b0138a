"""The ledger's proofs in small; `python -m tests.proof.ledger` does them with the full numbers."""

import pytest

from tests.proof.ledger import prove


def test_the_ledger_keeps_its_invariants_whatever_comes_in_whatever_order(request: pytest.FixtureRequest) -> None:
    kind = request.config.getoption("--database")
    for name, figures, good in prove(kind, operations=600, shuffles=12, hands=16, tries=6):
        assert good, (name, figures)
