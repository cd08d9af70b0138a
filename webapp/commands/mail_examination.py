"""The check of koppel doctor that goes the way of an e-mail, as far as the login and no further."""

from collections.abc import Iterator

from webapp.commands.findings import FAIL, OK, WARN, Finding
from webapp.connectors.mail import BAD_LOGIN, LOCAL, NO_WAY_IN, UNTRUSTED, Route, probe
from webapp.connectors.ports import ConnectorError

WHAT = "e-mail"
PATIENCE = 10.0
"""Seconds that the mail server is given."""

STEPS = {
    NO_WAY_IN: "Write smtps:// where the server speaks TLS from the start, or tls=off where the way to it is safe.",
    UNTRUSTED: "Name the host as its certificate does, or let this machine trust its issuer (SSL_CERT_FILE).",
    BAD_LOGIN: "Correct user and password in MAIL_URL; signs such as @ are written %40 there.",
}


def mail(route: Route | None) -> Iterator[Finding]:
    """Say whether MAIL_URL leads to a server that would take a message, and whether nobody can listen on the way."""
    if route is None:
        step = "Set MAIL_URL where invoices and reminders are to be e-mailed."
        yield Finding(WHAT, OK, "no MAIL_URL is set, so none leaves", step)
        return
    where = f"the folder {route.folder}" if route.scheme == "file" else f"{route.host}:{route.port}"
    try:
        probe(route, timeout=PATIENCE)
    except ConnectorError as error:
        said = f" (it says: {error.remote_text})" if error.remote_text else ""
        step = STEPS.get(str(error), "Check host and port in MAIL_URL, and that the way there is open.")
        yield Finding(WHAT, FAIL, f"{where}: {error}{said}", step)
        return
    if route.scheme == "file":
        yield Finding(WHAT, OK, f"goes into {where}; nothing leaves this machine")
    elif route.scheme == "smtp" and not route.secured and route.host not in LOCAL:
        yield Finding(WHAT, WARN, f"{where} answers, and everybody on the way can read along", "Leave tls=off out.")
    else:
        how = "over TLS" if route.scheme == "smtps" else "with STARTTLS" if route.secured else "on this machine"
        login = f" and takes the user {route.user}" if route.user else ""
        yield Finding(WHAT, OK, f"{where} answers {how}{login}")
