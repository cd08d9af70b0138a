"""CAMT.053, the bank-to-customer statement of ISO 20022: every version, by the local names of its elements.

Source: ISO 20022 message definition camt.053.001.02 and .08 (in .08 a party's name stands one level deeper,
and charges in records).
"""

from datetime import date
from decimal import Decimal

from lxml import etree

from webapp.domain.statements import ZERO, Balance, Line, Statement
from webapp.services.statements.raw import MOST_LINES, Unreadable, amount, day, one_line

_NOTHING = frozenset({"NOTPROVIDED", "NOTAVAILABLE", "NONREF"})


def read_camt(content: bytes) -> list[Statement]:
    """Return the statements of a file; raises Unreadable for what is no CAMT.053, with the line.

    No DTD, no entities, no network, and nothing of unusual depth or size.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable("xml", line=error.lineno or 1, detail=str(error.msg)[:200]) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("doctype", line=1)
    message = _child(root, "BkToCstmrStmt")
    if _name(root) != "Document" or message is None:
        raise Unreadable("not_camt", found=_name(root)[:60], line=_line(root))
    found = [_statement(one) for one in message if _name(one) == "Stmt"]
    if not found:
        raise Unreadable("no_statement", line=_line(message))
    if sum(len(one.lines) for one in found) > MOST_LINES:
        raise Unreadable("too_many_lines", most=MOST_LINES)
    return found


def _statement(element: etree._Element) -> Statement:
    identity = _child(element, "Acct", "Id")
    account = _text(identity, "IBAN") or _text(identity, "Othr", "Id")
    if not account:
        raise Unreadable("no_account", line=_line(element))
    balances: dict[str, Balance] = {}
    currency = _text(element, "Acct", "Ccy")
    for one in (child for child in element if _name(child) == "Bal"):
        code = _text(one, "Tp", "CdOrPrtry", "Cd")
        balances.setdefault(code, _balance(one))
        currency = currency or _currency(_child(one, "Amt"))
    entries = [child for child in element if _name(child) == "Ntry"]
    booked = [entry for entry in entries if (_text(entry, "Sts", "Cd") or _text(entry, "Sts") or "BOOK") == "BOOK"]
    lines: list[Line] = []
    undivided = 0
    for entry in booked:
        parts, whole = _lines(entry)
        lines += parts
        undivided += whole
        currency = currency or parts[0].currency
    return Statement(
        account.replace(" ", "").upper()[:34],
        currency,
        (_text(element, "Id") or _text(element, "ElctrncSeqNb"))[:60],
        tuple(lines),
        balances.get("OPBD") or balances.get("PRCD"),
        balances.get("CLBD"),
        len(entries) - len(booked),
        undivided,
        _line(element),
    )


def _balance(element: etree._Element) -> Balance:
    sign = _sign(element)
    where = _need(element, "Dt")
    return Balance(_date(where), sign * amount(_own(_need(element, "Amt")), line=_line(element)))


def _lines(entry: etree._Element) -> tuple[list[Line], int]:
    """Return the transactions of an entry, and 1 for a batch that the bank did not divide into amounts.

    A batch is divided only when its details have amounts that add up to the entry: nothing is guessed.
    """
    total = _sign(entry) * amount(_own(_need(entry, "Amt")), line=_line(entry))
    details = [part for group in entry if _name(group) == "NtryDtls" for part in group if _name(part) == "TxDtls"]
    if len(details) <= 1:
        batch = _text(entry, "NtryDtls", "Btch", "NbOfTxs")
        undivided = batch.isdigit() and int(batch) > 1
        return [_one(entry, details[0] if details else None, total)], int(undivided)
    amounts = [_part_amount(entry, part) for part in details]
    known = [one for one in amounts if one is not None]
    if len(known) == len(details) and sum(known, ZERO) == total:
        return [_one(entry, part, one) for part, one in zip(details, known, strict=True)], 0
    return [_one(entry, None, total)], 1


def _part_amount(entry: etree._Element, part: etree._Element) -> Decimal | None:
    sign = _sign(part) if _child(part, "CdtDbtInd") is not None else _sign(entry)
    for path in (("Amt",), ("AmtDtls", "TxAmt", "Amt")):
        found = _child(part, *path)
        if found is not None and _currency(found) == _currency(_need(entry, "Amt")):
            return sign * amount(_own(found), line=_line(found))
    return None


def _one(entry: etree._Element, part: etree._Element | None, value: Decimal) -> Line:
    other = "Dbtr" if value > 0 else "Cdtr"
    if _flag(entry, "RvslInd") or (part is not None and _child(part, "RtrInf") is not None):
        other = "Cdtr" if value > 0 else "Dbtr"
    parties, account = _child(part, "RltdPties", other), _child(part, "RltdPties", f"{other}Acct", "Id")
    remittance = _child(part, "RmtInf")
    written = _texts(remittance, "Ustrd") + _texts(remittance, "Strd", "AddtlRmtInf")
    reference = _text(remittance, "Strd", "CdtrRefInf", "Ref")
    extra = [] if written else [_text(part, "AddtlTxInf") or _text(entry, "AddtlNtryInf")]
    charges = _charges(part) + (_charges(entry) if part is None or not _charges(part) else ZERO)
    valued = _child(entry, "ValDt")
    return Line(
        booked_on=_date(_need(entry, "BookgDt"))
        if _child(entry, "BookgDt") is not None
        else _date(_need(entry, "ValDt")),
        amount=value,
        currency=_currency(_need(entry, "Amt")),
        valued_on=_date(valued) if valued is not None else None,
        name=one_line(_text(parties, "Nm") or _text(parties, "Pty", "Nm"))[:200],
        iban=(_text(account, "IBAN") or _text(account, "Othr", "Id")).replace(" ", "").upper()[:34],
        text=one_line(*written, *extra)[:1000],
        reference=one_line(reference)[:100],
        end_to_end=_said(_text(part, "Refs", "EndToEndId"))[:60],
        bank_reference=_said(
            _text(part, "Refs", "AcctSvcrRef") or _text(entry, "AcctSvcrRef") or _text(entry, "NtryRef")
        )[:60],
        reversal=_flag(entry, "RvslInd") or (part is not None and _child(part, "RtrInf") is not None),
        charges=charges,
        place=_line(part if part is not None else entry),
    )


def _charges(element: etree._Element | None) -> Decimal:
    """Add up what the bank took off and counted in; in .08 they stand in records."""
    found = ZERO
    for group in element if element is not None else ():
        if _name(group) != "Chrgs":
            continue
        records = [one for one in group if _name(one) == "Rcrd"] or [group]
        for one in records:
            value = _child(one, "Amt")
            if value is not None and _text(one, "CdtDbtInd") != "CRDT":
                found += amount(_own(value), line=_line(one))
    return found


def _sign(element: etree._Element) -> int:
    word = _text(element, "CdtDbtInd")
    if word not in ("CRDT", "DBIT"):
        raise Unreadable("no_sign", line=_line(element))
    return 1 if word == "CRDT" else -1


def _date(element: etree._Element) -> date:
    return day(_text(element, "Dt") or _text(element, "DtTm") or _own(element), line=_line(element))


def _flag(element: etree._Element, name: str) -> bool:
    return _text(element, name).strip().lower() in ("true", "1")


def _said(word: str) -> str:
    plain = one_line(word)
    return "" if plain.upper() in _NOTHING else plain


def _child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """Return the first element down a path of local names, None where there is none."""
    for name in path:
        element = next((child for child in element if _name(child) == name), None) if element is not None else None
    return element


def _need(element: etree._Element, name: str) -> etree._Element:
    found = _child(element, name)
    if found is None:
        raise Unreadable("missing", name=name, line=_line(element))
    return found


def _text(element: etree._Element | None, *path: str) -> str:
    found = _child(element, *path)
    return _own(found) if found is not None else ""


def _texts(element: etree._Element | None, *path: str) -> list[str]:
    *way, last = path
    groups = [element] if element is not None else []
    for name in way:
        groups = [child for group in groups for child in group if _name(child) == name]
    return [_own(child) for group in groups for child in group if _name(child) == last]


def _own(element: etree._Element) -> str:
    return (element.text or "").strip()


def _currency(element: etree._Element | None) -> str:
    return str(element.get("Ccy") or "")[:3].upper() if element is not None else ""


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _line(element: etree._Element) -> int:
    return int(str(element.sourceline))
