"""The way out for e-mail: an SMTP server, or a folder of .eml files where nothing leaves the machine.

What matters is the moment of the final dot (RFC 5321, 4.1.1.4): before it nothing was sent, whatever went wrong; after
it only the server's answer says what became of the message, and without one nobody knows.
"""

import os
import smtplib
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from webapp.connectors.ports import AccessDenied, ConnectorError, OutcomeUnknown, Refused, Unavailable
from webapp.domain.failures import Failure
from webapp.domain.mails import is_address

TIMEOUT = 30.0
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
NO_WAY_IN = "the mail server lacks what MAIL_URL asks for"
UNTRUSTED = "the mail server's certificate is not trusted"
BAD_LOGIN = "the mail server refused user or password"
_PORTS = {"smtp": 587, "smtps": 465}
_SHOWN = 200


class BadMailUrl(ValueError):
    """MAIL_URL cannot be used; the message says why, without the password."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where e-mail goes: a server, or the folder of a demo. `sender` is who it comes from, if the address says so."""

    scheme: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    folder: str = ""
    sender: str = ""
    secured: bool = True


def read_route(url: str) -> Route | None:
    """Read MAIL_URL: `smtp://user:password@host:587?from=a@example.com`, `smtps://…`, `file:///folder`; None if empty.

    `smtp` asks for STARTTLS, unless the host is this machine; `tls=on` and `tls=off` say otherwise. Raises BadMailUrl.
    """
    if not url:
        return None
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if parts.scheme == "file" and parts.path and not parts.netloc:
        return Route("file", folder=unquote(parts.path), sender=options.get("from", ""))
    if parts.scheme not in _PORTS or not parts.hostname:
        raise BadMailUrl("is not smtp://host, smtps://host or file:///folder")
    sender = options.get("from", "")
    if sender and not is_address(sender):
        raise BadMailUrl("names a sender (from=) that is no e-mail address")
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError:
        raise BadMailUrl("names a port that is none") from None
    return Route(
        parts.scheme,
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        sender=sender,
        secured=options.get("tls", "off" if parts.hostname in LOCAL else "on") != "off",
    )


def send(route: Route, message: bytes, *, name: str, sender: str, recipient: str, timeout: float = TIMEOUT) -> None:
    """Hand a message to the server, or put it into the folder as `name`.eml; returns when it was taken.

    Raises Unavailable (nothing was sent, try again), AccessDenied (user or password), Refused (it will never be taken)
    and OutcomeUnknown (it left, and no answer came).
    """
    if route.scheme == "file":
        _put(Path(route.folder), name, message)
        return
    server = _open(route, timeout)
    try:
        _hand_over(server, message, sender=sender, recipient=recipient)
    finally:
        server.close()


def probe(route: Route, *, timeout: float = TIMEOUT) -> None:
    """Go the way of a message as far as the login, and no further; raises as send does, OutcomeUnknown apart."""
    if route.scheme == "file":
        folder = Path(route.folder)
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        if not os.access(folder, os.W_OK):
            raise Unavailable(Failure.REMOTE, "the folder cannot be written")
        return
    server = _open(route, timeout)
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        pass  # it answered what was asked of it
    finally:
        server.close()


def _open(route: Route, timeout: float) -> smtplib.SMTP:
    try:
        return _connect(route, timeout)
    except smtplib.SMTPResponseException as error:
        raise _sorted_out(error) from None
    except smtplib.SMTPNotSupportedError as error:  # no STARTTLS, or no way to log in: nothing leaves unprotected
        raise AccessDenied(Failure.AUTH, NO_WAY_IN, remote_text=str(error)) from None
    except ssl.SSLCertVerificationError as error:
        raise AccessDenied(Failure.AUTH, UNTRUSTED, remote_text=error.verify_message) from None
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(Failure.NETWORK, f"the mail server cannot be reached ({type(error).__name__})") from None


def _put(folder: Path, name: str, message: bytes) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{name}.{os.getpid()}"
        temporary.write_bytes(message)
        temporary.replace(folder / f"{name}.eml")
    except OSError as error:
        raise Unavailable(Failure.REMOTE, f"the folder cannot be written ({error.strerror})") from None


def _connect(route: Route, timeout: float) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if route.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(route.host, route.port, timeout=timeout, context=context)
    else:
        server = smtplib.SMTP(route.host, route.port, timeout=timeout)
    try:
        server.ehlo_or_helo_if_needed()
        if route.scheme == "smtp" and route.secured:
            server.starttls(context=context)
            server.ehlo()
        if route.user:
            server.login(route.user, route.password)
    except BaseException:
        server.close()
        raise
    return server


def _hand_over(server: smtplib.SMTP, message: bytes, *, sender: str, recipient: str) -> None:
    body = smtplib._quote_periods(smtplib._fix_eols(message.decode("ascii")).encode())  # type: ignore[attr-defined]
    try:
        _expect(server.mail(sender), 250)
        _expect(server.rcpt(recipient), 250, 251)
        _expect(server.docmd("DATA"), 354)
        server.send(body if body.endswith(b"\r\n") else body + b"\r\n")
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        raise Unavailable(Failure.NETWORK, f"the mail server hung up ({type(error).__name__})") from None
    try:
        server.send(b".\r\n")
        code, text = server.getreply()
    except (OSError, smtplib.SMTPException):
        raise OutcomeUnknown("the mail server got the message and did not say whether it took it") from None
    _expect((code, text), 250)


def _expect(answer: tuple[int, bytes], *codes: int) -> None:
    if answer[0] not in codes:
        raise _sorted_out(smtplib.SMTPResponseException(*answer))


def _sorted_out(error: smtplib.SMTPResponseException) -> ConnectorError:
    """Say who must act after an answer that is a no: 4xx nobody, 5xx the person (RFC 5321, 4.2.1)."""
    raw = error.smtp_error
    said = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    text = " ".join(f"{error.smtp_code} {said}".split())[:_SHOWN]
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
        return AccessDenied(Failure.AUTH, BAD_LOGIN, remote_text=text)
    if 400 <= error.smtp_code < 500:
        return Unavailable(Failure.BUSY, "the mail server asks to try again", remote_text=text)
    return Refused(Failure.REFUSED, "the mail server refused the message", remote_text=text)
