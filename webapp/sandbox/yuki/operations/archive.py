"""The Archive service, reading: folders, tabs and the documents in them."""

import base64
from collections.abc import Callable, Iterable
from datetime import date, datetime

from webapp.sandbox.pdf import make_pdf
from webapp.sandbox.yuki.access import Call
from webapp.sandbox.yuki.charts import CURRENCIES, FOLDERS, TABS, TYPES, UPLOAD_METHODS, word
from webapp.sandbox.yuki.markup import branch, cents, leaf
from webapp.sandbox.yuki.records import Document
from webapp.sandbox.yuki.soap import Answer, Fault


def _day(one: Document) -> date:
    return one.date or one.created.date()


_SORTS: dict[str, Callable[[Document], object]] = {
    "Created": lambda one: one.created,
    "Modified": lambda one: one.modified,
    "DocumentDate": _day,
    "ContactName": lambda one: one.contact_name.casefold(),
}


def folders(call: Call) -> Answer:
    parts = (
        branch(
            "DocumentFolder",
            leaf("Description", name),
            leaf("Icon"),
            leaf("ProcessedByYuki", str(processed)),
            ID=number,
        )
        for number, (name, processed) in FOLDERS.items()
    )
    return branch("DocumentFolders", *parts)


def tabs(call: Call) -> Answer:
    wanted = call.text("folderID")
    parts = (
        branch("DocumentFolderTab", leaf("Description", name), ID=number)
        for number, (folder, name) in TABS.items()
        if str(folder) == wanted
    )
    return branch("DocumentFolderTabs", *parts)


def visible_documents(call: Call) -> list[Document]:
    """The archive of the session's current domain; a key of one administration sees that one's documents."""
    seen = {one.id for one in call.visible()}
    return [one for one in call.books.documents.values() if one.administration_id in seen]


def find_visible(call: Call) -> Document:
    document = call.books.documents.get(call.text("documentID").lower())
    if document is None or document not in visible_documents(call):
        raise Fault("Invalid document ID")
    return document


def _list(field: str = "", parameter: str = "") -> Callable[[Call], Answer]:
    """The operation that lists the documents whose `field` is what the parameter says."""

    def answer(call: Call) -> Answer:
        wanted = call.values.get(parameter)
        if field == "tab" and wanted not in TABS:
            raise Fault("Invalid Tab ID")
        return _page(call, (one for one in visible_documents(call) if not field or getattr(one, field) == wanted))

    return answer


def search(call: Call) -> Answer:
    option, wanted = call.values["searchOption"], call.text("searchText").casefold()
    folder, tab = call.values["folderID"], call.values["tabID"]
    if call.books.mode.search_tabs == "fault" or (tab != -1 and tab not in TABS):
        raise Fault("Invalid Tab ID")

    def matches(one: Document) -> bool:
        fields = {
            "Creator": [one.creator],
            "Contact": [one.contact_name],
            "Subject": [one.subject],
            "Tag": [],
            "Type": [TYPES[one.type][0]],
            "All": [one.subject, one.contact_name, one.reference, one.file_name],
        }
        return (
            folder in (-1, one.folder)
            and tab in (-1, one.tab)
            and any(wanted in each.casefold() for each in fields[option])
        )

    return _page(call, filter(matches, visible_documents(call)))


def _page(call: Call, documents: Iterable[Document]) -> Answer:
    """Those within the dates, sorted, from the first record that is asked for; the year 1 as a date sets no limit."""
    since: datetime | None = call.values.get("modifiedSince")
    found = [one for one in documents if since is None or one.modified >= since]
    start, end = call.values.get("startDate"), call.values.get("endDate")
    if start is not None and start.year > 1:
        found = [one for one in found if _day(one) >= start.date()]
    if end is not None and end.year > 1:
        found = [one for one in found if _day(one) <= end.date()]
    order = call.values["sortOrder"]
    sort = _SORTS[order.removesuffix("Asc").removesuffix("Desc")]
    found.sort(key=lambda one: (sort(one), one.id), reverse=order.endswith("Desc"))
    first = max(call.values["startRecord"] - call.books.mode.first_record, 0)
    page = found[first : first + max(call.values["numberOfRecords"], 0)]
    return branch("Documents", *(_document(one, call.language) for one in page))


def _document(one: Document, language: str) -> str:
    parts = [leaf("Subject", one.subject)]
    if one.date:
        parts.append(leaf("DocumentDate", one.date))
    parts += [leaf("Amount", cents(one.amount)), leaf("Folder", FOLDERS[one.folder][0], ID=one.folder)]
    if one.tab:
        parts.append(leaf("Tab", TABS[one.tab][1], ID=one.tab))
    parts += [
        leaf("Type", one.type),
        leaf("TypeDescription", word(TYPES[one.type], language)),
        leaf("FileName", one.file_name),
        leaf("ContentType", one.content_type),
        leaf("FileSize", one.size),
    ]
    if one.contact_id:
        parts += [leaf("ContactName", one.contact_name), leaf("ContactId", one.contact_id)]
    if one.reference:
        parts.append(leaf("Reference", one.reference))
    if one.vat_amount is not None:
        parts.append(leaf("VATAmount", cents(one.vat_amount)))
    parts += [
        leaf("Created", one.created),
        leaf("Creator", one.creator),
        leaf("Modified", one.modified),
        leaf("Modifier", one.modifier),
    ]
    if one.odd:
        parts = [
            part for part in parts if part[1:].partition(">")[0].partition("/")[0].partition(" ")[0] not in one.odd
        ]
        parts += [leaf(name, text) for name, text in one.odd.items() if text is not None and name != "ID"]
    return branch("Document", *parts, ID=one.odd.get("ID", one.id))


def find(call: Call) -> Answer:
    return branch("Documents", _document(find_visible(call), call.language))


def xml_data(call: Call) -> Answer:
    """The SalesInvoice of an invoice that Yuki made itself, or the XML that was uploaded."""
    xml = find_visible(call).xml
    if not xml:
        raise Fault("The document has no XML data")
    return xml


def binary_data(call: Call) -> Answer:
    """The file of a document; one that was not kept is drawn."""
    one = find_visible(call)
    if one.content:
        return one.content
    lines = [one.subject, one.contact_name, one.reference, cents(one.amount), "Verzonnen: dit is een proefdocument."]
    return base64.b64encode(make_pdf([line for line in lines if line])).decode()


def payment_methods(call: Call) -> Answer:
    parts = (branch("PaymentMethod", leaf("Description", name), ID=number) for number, name in UPLOAD_METHODS.items())
    return branch("PaymentMethods", *parts)


def cost_categories(call: Call) -> Answer:
    return branch("CostCategories", branch("CostCategory", leaf("Description", "Kantoorkosten"), ID="40300"))


def currencies(call: Call) -> Answer:
    return branch("Currencies", *(branch("Currency", leaf("Description", code), ID=code) for code in CURRENCIES))


HANDLERS: dict[str, Callable[[Call], Answer]] = {
    "DocumentFolders": folders,
    "DocumentFolderTabs": tabs,
    "Documents": _list(),
    "DocumentsInFolder": _list("folder", "folderID"),
    "DocumentsInTab": _list("tab", "tabID"),
    "DocumentsByType": _list("type", "documentType"),
    "ModifiedDocumentsByType": _list("type", "documentType"),
    "ModifiedDocumentsInFolder": _list("folder", "folderID"),
    "FindDocument": find,
    "DocumentBinaryData": binary_data,
    "SearchDocuments": search,
    "DocumentXMLData": xml_data,
    "DocumentXMLDataAsString": xml_data,
    "PaymentMethods": payment_methods,
    "CostCategories": cost_categories,
    "Currencies": currencies,
}
