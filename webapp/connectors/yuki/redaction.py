"""What may be kept of a request or an answer: no key, no session, no document, no more than 64 kB."""

import re
from collections.abc import Iterable, Sequence

from webapp.connectors.yuki.wire import NOT_XML_CHARACTERS

KEPT_BYTES = 64 * 1024
_SCANNED = 4 * KEPT_BYTES
_GLANCE = KEPT_BYTES + 4096
_HIDDEN = "***"

# The value runs to the next tag or to the end, so that a cut body hides it too. Also in escaped form.
_SECRET = re.compile(
    r"((?:<|&lt;)(?:[\w.-]+:)?"
    r"(?:accessKey|sessionID|password|clientSecret|AuthenticateResult|AuthenticateClientResult"
    r"|AuthenticateByUserNameResult)\b(?:[^<>&]|&(?!gt;))*(?:>|&gt;))"
    r"(?:<!\[CDATA\[.*?(?:\]\]>|\Z)|(?!&lt;)[^<])*",
    re.IGNORECASE | re.DOTALL,
)
_QUERY = re.compile(r"\b((?:accessKey|sessionID|password)=)[^&\s\"'<]+", re.IGNORECASE)
_NAMES = ("accesskey", "sessionid", "password", "clientsecret", "authenticate")
_ODD = "\u017f\u0131\u0130\u212a"
"""What stands for s, i or k where large and small letters are the same."""

_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))
_FEW = (b"\xed", b"\xef\xbf")
"""How the bytes of what else XML cannot carry begin in UTF-8, beside few other signs."""

_BASE64 = re.compile(rb"(<(?:[\w.-]+:)?(?:\w*Base64|data\d?|file_?data|B64)\b[^<>]*>)([^<]{64,})", re.IGNORECASE)


def redact(xml: bytes, secrets: Iterable[str] = ()) -> str:
    """Return a request or an answer as it may be stored.

    Removes the values of accessKey, sessionID/sessionId, passwords and the Authenticate results by name, and
    each of `secrets` wherever it stands; cuts documents in base64; keeps 64 kB of UTF-8; replaces what a database
    cannot hold as text.
    """
    hidden = [secret for secret in secrets if secret]
    begin = xml[:_GLANCE]
    if len(xml) > _GLANCE and not _may_hold_document(begin):
        # Mostly little is taken out, and then the beginning is all that is kept: the rest need not be looked at.
        begun = _without(_decode(begin), hidden)[: -_tail(hidden)]
        if len(begun.encode("utf-8")) > KEPT_BYTES:
            return _cut(begun, whole=len(xml))
    if _may_hold_document(xml):
        xml = _BASE64.sub(lambda found: found[1] + b"[%d characters]" % len(found[2]), xml)
    text = _without(_decode(xml[:_SCANNED]), hidden)
    if len(xml) > _SCANNED:
        text = text[: -_tail(hidden)]
    return _cut(text, whole=len(xml))


def _may_hold_document(xml: bytes) -> bool:
    return b"ase64" in xml or b"ata" in xml or b"B64" in xml


def _tail(hidden: Sequence[str]) -> int:
    """Return how many of the last characters may be the beginning of a secret that was cut through."""
    return max([64, *map(len, hidden)])


def _without(text: str, hidden: Sequence[str]) -> str:
    if _may_hold(text, hidden):
        for secret in hidden:
            text = re.sub(re.escape(secret), _HIDDEN, text, flags=re.IGNORECASE)
        text = _QUERY.sub(rf"\1{_HIDDEN}", _SECRET.sub(rf"\1{_HIDDEN}", text))
    return text if _is_carried(text) else NOT_XML_CHARACTERS.sub("\ufffd", text)


def _is_carried(text: str) -> bool:
    """Whether XML can carry all of a text; False as well where the pattern has to say so, at four times the cost."""
    data = text.encode("utf-8", errors="surrogatepass")
    if len(data.translate(None, _CONTROLS)) < len(data):
        return False
    return text.isascii() or not any(sign in data for sign in _FEW)


def _may_hold(text: str, hidden: Sequence[str]) -> bool:
    """Whether anything may have to be hidden: mostly nothing has, and the patterns take fifty times as long to say so.

    Small letters are compared, but for the few signs that a pattern takes for one of our letters.
    """
    odd = not text.isascii() and any(sign in text for sign in _ODD)
    if odd or not all(map(str.isascii, hidden)):
        return True
    small = text.lower()
    return any(name in small for name in _NAMES) or any(secret.lower() in small for secret in hidden)


def clean(text: str, secrets: Iterable[str] = ()) -> str:
    """Return the remote's words without the secrets, in case it repeats them."""
    for secret in filter(None, secrets):
        text = re.sub(re.escape(secret), _HIDDEN, text, flags=re.IGNORECASE)
    return NOT_XML_CHARACTERS.sub("\ufffd", text).strip()


def _decode(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", errors="replace")
    if b"\x00" in body[:4]:
        return body.decode("utf-16-be" if body.startswith(b"\x00") else "utf-16-le", errors="replace")
    return body.decode("utf-8-sig", errors="replace")


def _cut(text: str, *, whole: int) -> str:
    kept = text.encode("utf-8")
    if len(kept) <= KEPT_BYTES and whole <= _SCANNED:
        return text
    return kept[: KEPT_BYTES - 64].decode("utf-8", errors="ignore") + f"... [cut; {whole} bytes]"
