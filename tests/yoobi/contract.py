"""What people who know Yoobi look for, in its words: each label, column, button and link, and the page it belongs on.

The words are those of the product sheet of its link with Yuki, spelt as the glossary spells them.
"""

from typing import NamedTuple


class Item(NamedTuple):
    """One thing to find: what kind of thing it is, its words, and for a link where it leads (the beginning of it)."""

    kind: str
    words: str
    leads: str = ""


def items(kind: str, *words: str) -> tuple[Item, ...]:
    return tuple(Item(kind, one) for one in words)


ACCOUNTING = (
    "Yuki: Versturen van XML Facturen naar Yuki",
    "Yuki: Automatisch betalingen verwerken met Yuki",
    "Yuki: Apikey (automatische betalingen)",
    "Yuki: Apikey (versturen facturen/onkosten)",
    "Yuki: AdministrationID (versturen facturen)",
    "Yuki: Onkostendeclaraties versturen naar Yuki",
    "Yuki: Onkostendeclaraties folderID in Yuki",
)

VIEWS: dict[str, tuple[str, tuple[Item, ...]]] = {
    "dashboard": (
        "/",
        (
            *items("heading", "Status actuele facturen", "Status betalingsverwerking", "Alle facturen", "Koppelingen"),
            *items("column", "Status", "Aantal", "Bedrag"),
            Item("link", "Verzonden", "/invoices?status=sent"),
            Item("link", "Goedgekeurd", "/invoices?status=approved"),
            Item("link", "Gefiatteerd", "/invoices?status=authorised"),
            Item("link", "Gedeeltelijk betaald", "/invoices?"),
            *items("fact", "Laatste uitvoering", "Volgende uitvoering", "Gelukt in 7 dagen", "Aanroepen vandaag"),
            Item("link", "Yuki", "/logs?category=process_payments"),
            Item("menu", "Yuki logs", "/logs"),
            *items("heading", "Facturen per status", "Naar Yuki verstuurd per dag"),
            *items("heading", "Ontvangen betalingen per week", "Openstaand naar ouderdom"),
            Item("link", "Meldingen", "/notifications"),
        ),
    ),
    "invoices": (
        "/invoices?status=sent",
        (
            Item("heading", "Verkoopfacturen"),
            *items("column", "Nummer", "Relatie", "Datum", "Totaal", "Factuur", "Boekhouding", "Betaling"),
            Item("search", "Nummer, relatie, onderwerp, bedrag"),
            *items("chip", "Concept", "Goedgekeurd", "Gefiatteerd", "Verzonden", "In Yuki", "Gedeeltelijk betaald"),
            *items("button", "Yuki", "Herinneren", "Controleren", "Importeren", "Nieuwe factuur"),
            *items("button", "Kolommen", "Exporteren", "Bewaren"),
            *items("label", "Deze pagina selecteren", "Alle 3 die overeenkomen"),
        ),
    ),
    "drafts": ("/invoices?status=draft", items("button", "Goedkeuren", "Yuki")),
    "invoice": (
        "/invoices/{invoice}?status=sent",
        (
            Item("heading", "Factuur 24177"),
            Item("link", "Vorige", "/invoices/"),
            Item("text", "2/3"),
            Item("link", "Volgende", "/invoices/"),
            *items("button", "PDF", "Betalingen", "Crediteren", "Yuki", "Opnieuw verzenden", "Bewerken"),
            Item("menu", "Verwijderen"),
            Item("link", "Sluiten", "/invoices?status=sent"),
            *items("pill", "Verzonden", "In Yuki", "Gedeeltelijk betaald"),
            *items("stage", "Eerste herinnering", "Tweede herinnering", "Aanmaning"),
            *items("tab", "Rapportage", "Historie"),
        ),
    ),
    "history": (
        "/invoices/{invoice}?tab=history",
        (
            Item("tab", "Historie"),
            Item("text", "Bekijk de geschiedenis van de factuur"),
            *items("column", "Gebruiker", "Datum", "Tijd", "Status"),
            *items("cell", "Systeem", "vincent", "06-08-2024", "14:28", "Factuur: Gedeeltelijk betaald"),
            Item("link", "Yuki: Betaling van €\xa026,40 ontvangen op 06-08-2024.", "/logs/"),
            Item("link", "Yuki: factuur succesvol verwerkt", "/logs/"),
            *items("cell", "Factuur: Verzonden", "Factuur: bezig met versturen per e-mail"),
            *items("cell", "Factuur: Gefiatteerd", "Factuur: Goedgekeurd"),
            Item("link", "Sluiten", "/invoices"),
        ),
    ),
    "logs": (
        "/logs",
        (
            Item("heading", "Yuki logs (3)"),
            Item("search", "Zoeken in Yuki logs"),
            *items("button", "Bewaren", "Kolommen", "Exporteren"),
            *items("column", "Categorie", "Type", "Status", "Startdatum", "Einddatum", "Resultaat", "Totaal", "Duur"),
            *items("cell", "Betaling verwerken", "Verstuur onkostendeclaratie", "Yuki", "Afgerond"),
            *items("cell", "7 augustus 2024 om 14:00", "7 augustus 2024 om 14:28", "183"),
            Item("cell", "Succesvol uitgevoerd zonder fouten"),
            *items("icon", "Gelukt", "Mislukt", "Overgeslagen"),
            Item("link", "Betaling verwerken", "/logs/"),
        ),
    ),
    "run": (
        "/logs/{run}",
        (
            *items("fact", "Startdatum", "Einddatum", "Duur"),
            *items("column", "Factuur", "Uitkomst", "Bericht", "Pogingen"),
            *items("button", "Verzoek en antwoord", "Opnieuw proberen", "Mislukte opnieuw proberen"),
        ),
    ),
    "notices": (
        "/notifications",
        (
            Item("heading", "Meldingen"),
            Item("text", "1 factuur geweigerd: btw-code"),
            Item("link", "Toon de facturen", "/invoices?delivery=rejected&failure=vat"),
        ),
    ),
    "settings": ("/settings", (Item("link", "API boekhoudkoppeling", "/settings/accounting"),)),
    "accounting": (
        "/settings/accounting",
        (
            Item("heading", "API boekhoudkoppeling"),
            *items("label", *ACCOUNTING),
            *items("button", "Bewaren", "Test"),
        ),
    ),
    "departments": ("/settings/departments", (Item("heading", "Instellingen"), Item("link", "Ontwerp", "/settings/"))),
    "department": (
        "/settings/departments/{department}/accounting",
        (
            *items("tab", "Afdeling", "Instellingen"),
            Item("heading", "API boekhoudkoppeling"),
            *items("label", *ACCOUNTING),
            *items("origin", "Organisatie"),
            Item("button", "Bewaren"),
        ),
    ),
    "connections": (
        "/connections",
        (
            *items("fact", "Administratie", "Laatste uitvoering", "Volgende uitvoering"),
            Item("text", "Vandaag gebruikte aanroepen"),
            Item("button", "Nieuwe koppeling"),
        ),
    ),
    "connection": ("/connections/{connection}", (*items("fact", "Domein"), *items("button", "Nu testen"))),
    "wizard": (
        "/connections/new/key?name=Yuki&region=nl",
        items("text", "Mijn domein", "administratie", "Instellingen", "Webservices", "Bewaren"),
    ),
    "payments": (
        "/payments",
        (
            Item("heading", "Betalingen"),
            Item("button", "Betalingen nu verwerken"),
            Item("heading", "Openstaand naar ouderdom"),
            *items("column", "Datum", "Factuur", "Relatie", "Bedrag"),
        ),
    ),
    "desk": ("/payments/desk", (Item("button", "Accepteren"), Item("text", "score"))),
    "expenses": (
        "/expenses",
        (
            Item("heading", "Onkostendeclaraties"),
            *items("column", "Nummer", "Medewerker", "Bonnen", "Status", "Yuki", "Bedrag"),
            Item("button", "Yuki"),
            Item("link", "Yuki logs", "/logs?category=send_expense_claims"),
        ),
    ),
}
"""By page: its address, with the stage's rows in braces, and what stands there."""
