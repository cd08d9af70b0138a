"""What people and banks do to names, numbers and texts."""

import random

from webapp.domain.matching.structured import is_dutch

_NEXT_TO = {
    "a": "s",
    "e": "r",
    "i": "o",
    "o": "p",
    "n": "m",
    "s": "a",
    "t": "r",
    "l": "k",
    "r": "e",
    "d": "s",
    "k": "l",
}


def misspelt(rng: random.Random, name: str, edits: int) -> str:
    """Make typing errors in a name, never in the first letter of a word."""
    for _ in range(edits):
        places = [n for n in range(1, len(name) - 1) if name[n].isalpha() and name[n - 1].isalpha()]
        if not places:
            return name
        at = rng.choice(places)
        kind = rng.choice(("drop", "double", "swap", "near"))
        if kind == "drop":
            name = name[:at] + name[at + 1 :]
        elif kind == "double":
            name = name[:at] + name[at] + name[at:]
        elif kind == "swap" and name[at + 1].isalpha():
            name = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
        else:
            name = name[:at] + _NEXT_TO.get(name[at].lower(), "e") + name[at + 1 :]
    return name


def as_a_bank_writes(rng: random.Random, name: str) -> str:
    """Write a name as banks show it: capitals, cut off, without dots, `inzake`, last word first."""
    kind = rng.random()
    if kind < 0.3:
        return name.upper()
    if kind < 0.4:
        return name[:24]
    if kind < 0.5:
        return name.replace(".", "")
    if kind < 0.55:
        words = name.split()
        return " ".join([words[-1], *words[:-1]]) if len(words) > 2 else name
    if kind < 0.62:
        return f"{name} e/o anderen"
    return name


def noisy_number(rng: random.Random, number: str) -> str:
    """Write an invoice number in full, but not as it was printed."""
    plain = "".join(sign for sign in number if sign.isalnum())
    kind = rng.randrange(7)
    if kind == 0:
        return plain
    if kind == 1:
        return number.replace("-", " ").replace("/", " ")
    if kind == 2:
        return number.replace("-", "/").replace("/", ".")
    if kind == 3:
        return number.lower()
    if kind == 4:
        return number.replace("-", " - ")
    if kind == 5:
        return f"nr.{number}"
    return f"#{plain}"


def loose_number(number: str) -> str:
    """Write an invoice number without its leading zeros: 2026-00123 becomes 2026-123."""
    head, _, tail = number.rpartition("-")
    return f"{head}-{tail.lstrip('0')}"


def wrong_number(rng: random.Random, number: str) -> str:
    """Type one digit of a number wrong, or two the other way round."""
    places = [n for n, sign in enumerate(number) if sign.isdigit() and n >= len(number) - 4]
    at = rng.choice(places)
    if rng.random() < 0.5 and at - 1 in places and number[at] != number[at - 1]:
        return number[: at - 1] + number[at] + number[at - 1] + number[at + 1 :]
    digit = rng.choice([one for one in "0123456789" if one != number[at]])
    return number[:at] + digit + number[at + 1 :]


def belgian(rng: random.Random, number: int) -> str:
    """Return a Belgian structured communication for a number."""
    check = number % 97 or 97
    digits = f"{number:010}{check:02}"
    plain = f"{digits[:3]}/{digits[3:7]}/{digits[7:]}"
    return rng.choice((f"+++{plain}+++", f"***{plain}***", digits))


def creditor(number: str) -> str:
    """Return an ISO 11649 reference for letters and digits."""
    turned = int("".join(str(int(sign, 36)) for sign in f"{number}RF00"))
    return f"RF{98 - turned % 97:02}{number}"


def dutch(number: int) -> str:
    """Return a Dutch payment reference of sixteen digits."""
    return next(code for digit in range(10) if is_dutch(code := f"{digit}{number:015}"))


def iban(rng: random.Random, country: str) -> str:
    """Return an account number with right check digits."""
    own = {
        "NL": lambda: rng.choice(("INGB", "RABO", "ABNA", "TRIO")) + f"{rng.randrange(10**10):010}",
        "BE": lambda: f"{rng.randrange(10**12):012}",
        "HU": lambda: f"{rng.randrange(10**24):024}",
    }[country]()
    turned = int("".join(str(int(sign, 36)) for sign in f"{own}{country}00"))
    return f"{country}{98 - turned % 97:02}{own}"
