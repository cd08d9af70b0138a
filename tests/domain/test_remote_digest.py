"""The digest of a document: another one for every document that is stored would be a change of all of them."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.domain.remote_invoices import RemoteInvoice, digest

pytestmark = pytest.mark.pure

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9)
FACTS = st.dictionaries(
    st.text(max_size=4),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4) | AMOUNTS | st.dates(),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)
st.register_type_strategy(Decimal, AMOUNTS)


def as_it_was_defined(value: Any) -> Any:
    """A document field by field, whatever the fields are."""
    if is_dataclass(value):
        return [as_it_was_defined(getattr(value, one.name)) for one in fields(value)]
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, Mapping):
        return sorted((str(key), as_it_was_defined(one)) for key, one in value.items())
    if isinstance(value, tuple | list):
        return [as_it_was_defined(one) for one in value]
    return str(value) if isinstance(value, date) else value


@settings(max_examples=25, deadline=None)
@given(st.builds(RemoteInvoice, facts=FACTS))
def test_the_digest_is_what_it_was_for_every_document(invoice: RemoteInvoice) -> None:
    plain = repr(as_it_was_defined(invoice)).encode("utf-8", "surrogatepass")
    assert digest(invoice) == int.from_bytes(blake2b(plain, digest_size=8).digest(), "big") >> 1
