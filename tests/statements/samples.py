"""Statements as banks write them, built from plain transactions."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

ACCOUNT = "NL91ABNA0417164300"


class Tx(NamedTuple):
    """One transaction of a sample."""

    amount: str
    text: str = "Factuur 2026-0001"
    name: str = "Bakkerij De Korenbloem"
    iban: str = "NL69INGB0123456789"
    day: date = date(2026, 3, 2)
    bank_reference: str = ""
    extra: str = ""


def camt(
    transactions: Sequence[Tx],
    *,
    version: str = "02",
    opening: str = "1000.00",
    closing: str | None = None,
    number: str = "S-1",
    account: str = ACCOUNT,
) -> bytes:
    """Return a CAMT.053 file with one statement."""
    return document(statement(transactions, version, opening, closing, number, account), version=version)


def document(*statements: str, version: str = "02") -> bytes:
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{space}">\n<BkToCstmrStmt>\n'
        f"<GrpHdr><MsgId>M</MsgId></GrpHdr>\n{''.join(statements)}</BkToCstmrStmt></Document>"
    ).encode()


def statement(
    transactions: Sequence[Tx],
    version: str = "02",
    opening: str = "1000.00",
    closing: str | None = None,
    number: str = "S-1",
    account: str = ACCOUNT,
) -> str:
    end = closing or str(Decimal(opening) + sum(Decimal(tx.amount) for tx in transactions))
    days = [tx.day for tx in transactions] or [date(2026, 3, 2)]
    return (
        f"<Stmt><Id>{number}</Id><Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{_balance('OPBD', opening, min(days))}{_balance('CLBD', end, max(days))}"
        + "".join(_entry(tx, version) for tx in transactions)
        + "</Stmt>"
    )


def _balance(code: str, amount: str, day: date) -> str:
    return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_money(amount)}<Dt><Dt>{day}</Dt></Dt></Bal>\n"


def _money(amount: str) -> str:
    value = Decimal(amount)
    sign = "DBIT" if value < 0 else "CRDT"
    return f'<Amt Ccy="EUR">{abs(value)}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'


def _entry(tx: Tx, version: str) -> str:
    other = "Cdtr" if Decimal(tx.amount) < 0 else "Dbtr"
    name = f"<Nm>{tx.name}</Nm>" if version < "08" else f"<Pty><Nm>{tx.name}</Nm></Pty>"
    state = "<Sts>BOOK</Sts>" if version < "08" else "<Sts><Cd>BOOK</Cd></Sts>"
    reference = f"<AcctSvcrRef>{tx.bank_reference}</AcctSvcrRef>" if tx.bank_reference else ""
    return (
        f"<Ntry>{_money(tx.amount)}{tx.extra}{state}<BookgDt><Dt>{tx.day}</Dt></BookgDt>"
        f"<ValDt><Dt>{tx.day}</Dt></ValDt>{reference}"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><RltdPties><{other}>{name}</{other}>"
        f"<{other}Acct><Id><IBAN>{tx.iban}</IBAN></Id></{other}Acct></RltdPties>"
        f"<RmtInf><Ustrd>{tx.text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
    )


def mt940(transactions: Sequence[Tx], *, opening: str = "1000.00", number: str = "1", dialect: str = "ing") -> bytes:
    """Return an MT940 file with one statement, field 86 in one of the dialects."""
    end = Decimal(opening) + sum(Decimal(tx.amount) for tx in transactions)
    days = [tx.day for tx in transactions] or [date(2026, 3, 2)]
    rows = [":20:P1", f":25:{ACCOUNT}EUR", f":28C:{number}", f":60F:{_mt_balance(opening, min(days))}"]
    for tx in transactions:
        mark = "D" if Decimal(tx.amount) < 0 else "C"
        amount = str(abs(Decimal(tx.amount))).replace(".", ",")
        rows.append(f":61:{tx.day:%y%m%d}{tx.day:%m%d}{mark}{amount}NTRFNONREF//{tx.bank_reference}".rstrip("/"))
        rows.append(f":86:{_details(tx, dialect)}")
    return "\r\n".join([*rows, f":62F:{_mt_balance(str(end), max(days))}", "-", ""]).encode("cp1252")


def _mt_balance(amount: str, day: date) -> str:
    value = Decimal(amount)
    return f"{'D' if value < 0 else 'C'}{day:%y%m%d}EUR{str(abs(value)).replace('.', ',')}"


def _details(tx: Tx, dialect: str) -> str:
    return {
        "ing": f"/CNTP/{tx.iban}/INGBNL2A/{tx.name}/Rotterdam///REMI/USTD//{tx.text}/",
        "abn": f"/TRTP/SEPA OVERBOEKING/IBAN/{tx.iban}/BIC/INGBNL2A\r\n/NAME/{tx.name}/REMI/{tx.text}/EREF/NOTPROVIDED",
        "zka": f"166?00GUTSCHRIFT?20SVWZ+{tx.text[:20]}?21{tx.text[20:]}?31{tx.iban}?32{tx.name}",
        "plain": f"{tx.iban} {tx.name}\r\n{tx.text}",
    }[dialect]
