"""The GL account of a line: the most special one that was set, whatever else there is."""

from itertools import product

import pytest

from webapp.domain.gl_accounts import Account, AccountRules, Level, Place, resolve

pytestmark = pytest.mark.pure
LEVELS = list(Level)


def test_of_all_that_may_be_set_the_most_special_wins() -> None:
    for codes in product((None, "", "80000"), repeat=len(LEVELS)):
        offers = {level: Account(code, level) for level, code in zip(LEVELS, codes, strict=True) if code is not None}
        found = resolve(offers)
        places = [level for level, code in zip(LEVELS, codes, strict=True) if code]
        assert (found.level if found else None) == (places[0] if places else None)


def test_the_order_is_line_activity_project_product_department_organisation() -> None:
    rules = AccountRules(
        organisation="1",
        departments={7: Account("2", Level.DEPARTMENT, "Noord")},
        products={"B": Account("3", Level.PRODUCT)},
        projects={"P": Account("4", Level.PROJECT)},
        activities={"A": Account("5", Level.ACTIVITY)},
    )
    places = [
        Place(),
        Place(department=7),
        Place(department=7, product="B"),
        Place(department=7, product="B", project="P"),
        Place(department=7, product="B", project="P", activity="A"),
        Place(department=7, product="B", project="P", activity="A", typed="6"),
    ]
    assert [account.code for account in map(rules.of, places) if account] == ["1", "2", "3", "4", "5", "6"]
    assert rules.of(Place(department=8, product="X", project="X", activity="X")) == Account("1", Level.ORGANISATION)
    assert AccountRules().of(Place()) is None
