"""The operations the sandbox has, service by service, with parameters and types as Yuki's WSDLs give them."""

import re
from dataclasses import dataclass

NAMESPACE = "http://www.theyukicompany.com/"

ENUMERATIONS: dict[str, tuple[str, ...]] = {
    "DocumentSortOrder": (
        "CreatedDesc", "CreatedAsc", "ModifiedDesc", "ModifiedAsc",
        "DocumentDateDesc", "DocumentDateAsc", "ContactNameAsc", "ContactNameDesc",
    ),
    "DocumentSearchOption": ("All", "Creator", "Contact", "Subject", "Tag", "Type"),
    "ContactSearchOption": (
        "All", "Name", "City", "Postcode", "Tag", "Email", "Website", "Phone", "Code", "CoCNumber", "VATNumber",
        "BankAccount", "ID", "ContactType", "HID",
    ),
    "ContactSortOrder": ("Name", "LastName", "CreatedAsc", "CreatedDesc", "ModifiedAsc", "ModifiedDesc", "HID"),
    "ActiveStatus": ("Both", "Active", "Inactive"),
    "OutstandingItemSortOrder": ("ContactAsc", "ContactDesc", "AmountAsc", "AmountDesc", "DateAsc", "DateDesc"),
}  # fmt: skip

# name, type, "?" = may be left out; "~" = present but nil. `descripton` is spelled as Yuki spells it.
STRUCTURES: dict[str, str] = {
    "SalesItem": "id string?, description string?",
    "VATCode": """description string?, type int, typeDescription string?, percentage decimal, country string?,
        startDate dateTime~, endDate dateTime~""",
    "GlAccount": """code string?, type int, subtype int, isEnabled boolean, descripton string?, descriptionNL string?,
        descriptionFR string?, descriptionEN string?, isVATApplicable boolean, deductableVATPercentage decimal,
        professionalPercentage decimal""",
    "TransactionInfo": """id string?, hID string?, transactionDate dateTime, description string?,
        transactionAmount decimal, transactionAmountForeignCurrency decimal, currencyRate decimal, currency string?,
        taxCodeDescription string?, fullName string?, CoCNumber string?, VATNumber string?, contactHID int,
        contactCode string?, contactCountry string?, contactZipcode string?, project string?, projectCode string?,
        glAccountCode string?, documentID string?, documentReference string?, documentType string?,
        documentFolder string?, documentFolderTab string?, contactID string?, periodId string?, company string?,
        mutationUser string?""",
}

_GENERAL = """
Authenticate(accessKey string) string
AuthenticateClient(clientID string, clientSecret string, accessKey string) string
AuthenticateByUserName(userName string, password string) string
Domains(sessionID string) any
Companies(sessionID string) any
AdministrationID(sessionID string, administrationName string) string
Administrations(sessionID string) any
GetCurrentDomain(sessionID string) any
SetCurrentDomain(sessionID string, domainID string) none
Language(sessionID string) string
SupportedLanguages(sessionID string) any
SetLanguage(sessionID string, language string) none
"""
_OPEN = "sessionID string, administrationID string, includeBankTransactions boolean, sortOrder OutstandingItemSortOrder"
_BOOK = "sessionID string, administrationID string, GLAccountCode string, StartDate dateTime, EndDate dateTime"
_LIST = "sortOrder DocumentSortOrder, startDate dateTime, endDate dateTime, numberOfRecords int, startRecord int"
_SINCE = "sortOrder DocumentSortOrder, modifiedSince dateTime, numberOfRecords int, startRecord int"

_OWN: dict[str, str] = {
    "Sales": """
ProcessSalesInvoices(sessionId string, administrationId string, xmlDoc xml) any
SalesInvoiceSchemaPath() string
GetSalesItems(sessionID string, administrationID string) ArrayOfSalesItem
""",
    "Accounting": f"""
GLAccountTransactions({_BOOK}) any
OutstandingCreditorItems({_OPEN}) any
OutstandingCreditorItemsByDateOutstanding({_OPEN}, dateOutstanding dateTime) any
OutstandingCreditorItemsByDate({_OPEN}, startDate dateTime, endDate dateTime) any
OutstandingCreditorWithPaymentReference({_OPEN}, startDate dateTime, endDate dateTime) any
OutstandingDebtorItems({_OPEN}) any
OutstandingDebtorItemsByDateOutstanding({_OPEN}, dateOutstanding dateTime) any
OutstandingDebtorItemsWithLanguage({_OPEN}) any
OutstandingDebtorItemsByDate({_OPEN}, startDate dateTime, endDate dateTime) any
OutstandingDebtorWithPaymentReference({_OPEN}, startDate dateTime, endDate dateTime) any
CheckOutstandingItem(sessionID string, Reference string) any
CheckOutstandingItemAdmin(sessionID string, administrationID string, Reference string) any
""",
    "AccountingInfo": f"""
GetGLAccountScheme(sessionID string, administrationID string) ArrayOfGlAccount
GetTransactionDetails({_BOOK}, financialMode int) ArrayOfTransactionInfo
""",
    "Archive": f"""
DocumentFolders(sessionID string) any
DocumentFolderTabs(sessionID string, folderID string) any
Documents(sessionID string, {_LIST}) any
DocumentsInFolder(sessionID string, folderID int, {_LIST}) any
DocumentsInTab(sessionID string, tabID int, {_LIST}) any
FindDocument(sessionID string, documentID string) any
DocumentsByType(sessionID string, documentType int, {_LIST}) any
ModifiedDocumentsByType(sessionID string, documentType int, {_SINCE}) any
ModifiedDocumentsInFolder(sessionID string, folderID int, {_SINCE}) any
SearchDocuments(sessionID string, searchOption DocumentSearchOption, searchText string, folderID int, tabID int, \
{_LIST}) any
DocumentBinaryData(sessionID string, documentID string) string
DocumentXMLData(sessionID string, documentID string) any
DocumentXMLDataAsString(sessionID string, documentID string) string
UploadDocument(sessionID string, fileName string, data base64Binary, folder int, administrationID string) string
UploadDocumentWithData(sessionID string, fileName string, data base64Binary, folder int, administrationID string, \
currency string, amount decimal, costCategory string, paymentMethod int, project string, remarks string) string
PaymentMethods(sessionID string) any
CostCategories(sessionID string) any
Currencies(sessionID string) any
""",
    "Contact": """
SearchContacts(sessionID string, domainID string, searchOption ContactSearchOption, searchValue string, \
sortOrder ContactSortOrder, modifiedAfter dateTimeOrNil, active ActiveStatus, pageNumber int) any
""",
    "Vat": """
ActiveVATCodesList(sessionID string, administrationID string) ArrayOfVATCode
""",
}


@dataclass(frozen=True)
class Operation:
    """`parameters` are (name, type) in the WSDL's order; `result` is a type, "any" (an element) or "none"."""

    service: str
    name: str
    parameters: tuple[tuple[str, str], ...]
    result: str

    @property
    def over_plain_http(self) -> bool:
        """Whether the GET and POST bindings have it: a document cannot be a form field."""
        return all(kind != "xml" for _, kind in self.parameters)

    @property
    def has_session(self) -> bool:
        return any(name in ("sessionID", "sessionId") for name, _ in self.parameters)


def _read(service: str, text: str) -> dict[str, Operation]:
    found: dict[str, Operation] = {}
    for line in text.strip().splitlines():
        match = re.fullmatch(r"(\w+)\((.*)\) (\w+)", line)
        if match is None:
            raise ValueError(f"The signature '{line}' cannot be read.")
        name, listed, result = match.groups()
        pairs = (one.split() for one in listed.split(", ") if one)
        found[name] = Operation(service, name, tuple((parameter, kind) for parameter, kind in pairs), result)
    return found


SERVICES: dict[str, dict[str, Operation]] = {
    name: _read(name, own) | _read(name, _GENERAL) for name, own in _OWN.items()
}
GENERAL: frozenset[str] = frozenset(_read("", _GENERAL))


def structure(name: str) -> list[tuple[str, str, str]]:
    """The fields of a typed result as (name, type, "?" or "~" or "")."""
    fields = []
    for one in STRUCTURES[name].split(","):
        field, kind = one.split()
        mark = kind[-1] if kind[-1] in "?~" else ""
        fields.append((field, kind.rstrip("?~"), mark))
    return fields
