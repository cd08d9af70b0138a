"""What an ordinary invoice is, and whether many of them are good: answered at one look, by the schema alone.

The schema is made narrower, so that what it takes needs none of the rules beside it (rules.py). Its word on a
form, which elements stand in which order, and on a text as a value of a type is kept: neither depends on the other,
so an invoice of forms and texts that were all found good is good. Only what was never seen is read again.
"""

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from lxml import etree

from webapp.connectors.yuki.templates import Writing
from webapp.connectors.yuki.wire import SALES

SCHEMA_FILE = Path(__file__).parent / "schema.xsd"
TOGETHER = 100
"""How many are read and judged at a time."""
_MOST_KEPT = 5_000
_BATCH_START, _BATCH_END = f'<SalesInvoices xmlns="{SALES}">'.encode(), b"</SalesInvoices>"
_XS = "{http://www.w3.org/2001/XMLSchema}"
_FREE = frozenset({"string", "NonEmpty"})
"""Types that take every text of a writing, for none of those is empty."""
_NARROWER = (
    ("SaidText", "NonEmpty", (("pattern", r"\S.*"),)),
    ("SaidText60", "Text60", (("pattern", r"\S.*"),)),
    ("Yes", "xs:boolean", (("pattern", "true"),)),
    ("UsualVat", "xs:int", (("enumeration", "1"), ("enumeration", "2"))),
)
_NARROWED = {
    "SalesInvoice/Reference": "SaidText",
    "SalesInvoice/Process": "Yes",
    "SalesInvoice/DocumentFileName": None,
    "SalesInvoice/DocumentBase64": None,
    "Contact/FullName": "SaidText",
    "Product/Description": "SaidText60",
    "Product/VATPercentage": "",
    "Product/VATType": "UsualVat",
    "Product/VATDescription": None,
}
"""What an ordinary invoice has, of which type ("": its own); None: what it has not."""
_lock = threading.Lock()
_local = threading.local()


def accepts(tree: etree._Element) -> bool:
    """Whether this invoice, or this batch of invoices, is ordinary and good."""
    # One schema object keeps one error log, so threads take turns.
    with _lock:
        return bool(schema().validate(tree))


def are_good(payloads: Sequence[bytes]) -> bool:
    """Whether all are ordinary invoices and good; what is not has to be looked at by itself."""
    written = [payload for payload in payloads if isinstance(payload, Writing)]
    if len(written) == len(payloads) and _seen().know(written):
        return True
    if not all(payload.startswith(b"<SalesInvoice ") for payload in payloads):
        return False
    try:
        batch = etree.fromstring(b"".join((_BATCH_START, *payloads, _BATCH_END)), own_parser())
    except (etree.XMLSyntaxError, ValueError):
        return False
    if len(batch) != len(payloads) or not accepts(batch):
        return False
    _seen().learn(written)
    return True


class _Seen:
    """The forms and the texts that the schema found good; it begins anew when there are too many."""

    def __init__(self) -> None:
        self._forms: dict[str, tuple[str, ...]] = {}
        self._texts: dict[str, set[str]] = {kind: set() for kind in _kinds().values()}

    def learn(self, written: Iterable[Writing]) -> None:
        """Keep the forms of invoices that were read and found good."""
        if len(self._forms) > _MOST_KEPT:
            self._forms = {}
        self._forms.update({template.text: template.paths for one in written for template in one.templates})

    def know(self, written: Sequence[Writing]) -> bool:
        """Whether all are good: each form is known, and each text is known, or found good now, by its type."""
        rows: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for one in written:
            for template, texts in zip(one.templates, one.texts, strict=True):
                rows[template.text].append(texts)
        forms = self._forms
        if not forms.keys() >= rows.keys():
            return False
        fresh: dict[str, set[str]] = defaultdict(set)
        for form, filled in rows.items():
            for path, column in zip(forms[form], zip(*filled, strict=True), strict=True):
                kind = _kinds()[path]
                if kind not in _FREE:
                    fresh[kind].update(set(column) - self._texts[kind])
        if not _are_values(fresh):
            return False
        for kind, good in fresh.items():
            self._texts[kind] |= good
        if sum(map(len, self._texts.values())) > _MOST_KEPT:
            self._texts = {kind: set() for kind in self._texts}
        return True


def _are_values(texts: Mapping[str, Collection[str]]) -> bool:
    """Whether the schema takes these texts, none of which has to be escaped, as values of their types."""
    said = "".join([_say(kind, many) for kind, many in texts.items() if many])
    if not said:
        return True
    tree = etree.fromstring(f'<Values xmlns="{SALES}">{said}</Values>'.encode(), own_parser())
    with _lock:
        return bool(_values().validate(tree))


def _say(kind: str, texts: Collection[str]) -> str:
    """Return texts as values of a type: one list of all, or an element for each if a blank is in them."""
    together = " ".join(texts)
    if together.count(" ") == len(texts) - 1:
        return f"<{kind}.list>{together}</{kind}.list>"
    return f"<{kind}>{f'</{kind}><{kind}>'.join(texts)}</{kind}>"


@cache
def schema() -> etree.XMLSchema:
    """Return the schema of ordinary invoices.

    Booked at once with its number, no document, a contact with a full name, and products with a description, a
    percentage and VAT type 1 or 2; no such text begins with a blank.
    """
    return etree.XMLSchema(_narrowed())


def _narrowed() -> etree._ElementTree:
    tree = etree.parse(str(SCHEMA_FILE))
    root = tree.getroot()
    for name, base, facet in _NARROWER:
        kind = etree.SubElement(root, f"{_XS}simpleType", name=name)
        restriction = etree.SubElement(kind, f"{_XS}restriction", base=base)
        for element, value in facet:
            etree.SubElement(restriction, f"{_XS}{element}", value=value)
    for path, kind_of in _NARROWED.items():
        place, _slash, name = path.rpartition("/")
        xpath = f".//*[@name='{place}']//xs:element[@name='{name}']"
        found = next(root.iterfind(xpath, {"xs": _XS[1:-1]}))
        if kind_of is None:
            parent = found.getparent()
            if parent is not None:
                parent.remove(found)
        else:
            found.set("minOccurs", "1")
            found.set("type", kind_of or str(found.get("type")))
    return tree


@cache
def _kinds() -> dict[str, str]:
    """Return the type of each element that holds a text, by "Parent/Element"; those of XML Schema without "xs:"."""
    root = _narrowed().getroot()
    whole = {None, *(one.get("name") for one in root.iter(f"{_XS}complexType"))}
    found: dict[str, str] = {}
    for element in root.iter(f"{_XS}element"):
        if element.get("type") not in whole:
            parent = next(one.get("name") for one in element.iterancestors() if one.get("name"))
            found[f"{parent}/{element.get('name')}"] = str(element.get("type")).removeprefix("xs:")
    return found


@cache
def _values() -> etree.XMLSchema:
    """Return the schema with one more document in it: values, and lists of values, in elements named by their type."""
    tree = _narrowed()
    document = etree.SubElement(tree.getroot(), f"{_XS}element", name="Values")
    choice = etree.SubElement(etree.SubElement(document, f"{_XS}complexType"), f"{_XS}choice", maxOccurs="unbounded")
    for kind in sorted(set(_kinds().values()) - _FREE):
        own = tree.find(f"{_XS}simpleType[@name='{kind}']") is not None
        name = kind if own else f"xs:{kind}"
        etree.SubElement(choice, f"{_XS}element", name=kind, type=name)
        many = etree.SubElement(choice, f"{_XS}element", name=f"{kind}.list")
        etree.SubElement(etree.SubElement(many, f"{_XS}simpleType"), f"{_XS}list", itemType=name)
    return etree.XMLSchema(tree)


def own_parser() -> etree.XMLParser:
    """Return this thread's parser: making one costs as much as reading an invoice."""
    parser: etree.XMLParser | None = getattr(_local, "parser", None)
    if parser is None:
        # huge_tree: the bytes are our own, and a PDF inside them may be larger than the parser's usual limit.
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, collect_ids=False
        )
        _local.parser = parser
    return parser


@cache
def _seen() -> _Seen:
    return _Seen()
