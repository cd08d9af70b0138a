"""STARTTLS is asked for, the certificate is looked at, and koppel doctor says in a sentence what is wrong."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.mails.server import MailServer
from webapp.commands.findings import FAIL, OK, Finding
from webapp.commands.mail_examination import mail
from webapp.connectors.mail import UNTRUSTED, Route, read_route, send
from webapp.connectors.ports import AccessDenied

FROM = "facturen@voorbeeld.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody but itself has signed, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a mail server of the tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "server.pem"
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *plain) + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server(certificate: Path) -> Iterator[MailServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with MailServer(certificate=context) as running:
        yield running


def route(server: MailServer, tls: str = "on") -> Route:
    found = read_route(f"{server.url}?from={FROM}&tls={tls}")
    assert found is not None
    return found


def examined(found: Route | None) -> Finding:
    (one,) = mail(found)
    return one


def test_a_message_goes_over_starttls_to_a_server_that_is_trusted(
    server: MailServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    send(route(server), b"Subject: x\r\n\r\nx", name="1", sender=FROM, recipient="a@example.com")
    assert (server.secured, server.recipients, len(server.messages)) == (1, ["a@example.com"], 1)
    told = examined(route(server))
    assert (told.state, told.finding) == (OK, f"127.0.0.1:{server.port} answers with STARTTLS")


def test_nothing_is_handed_to_a_server_that_nobody_vouches_for(server: MailServer) -> None:
    with pytest.raises(AccessDenied, match=UNTRUSTED):
        send(route(server), b"Subject: x\r\n\r\nx", name="1", sender=FROM, recipient="a@example.com")
    assert server.messages == []
    told = examined(route(server))
    assert told.state == FAIL
    assert "certificate is not trusted (it says: self-signed certificate)" in told.finding
    assert "SSL_CERT_FILE" in told.next_step


def test_the_doctor_names_what_keeps_mail_from_leaving(tmp_path: Path) -> None:
    with MailServer() as plain:
        lacking = examined(route(plain))
        assert (lacking.state, examined(route(plain, tls="off")).state) == (FAIL, OK)
    assert "lacks what MAIL_URL asks for" in lacking.finding
    assert "smtps://" in lacking.next_step
    with MailServer({"ehlo": "250-fine\r\n250 AUTH PLAIN", "AUTH": "535 no"}.get) as strict:
        refused = examined(Route("smtp", "127.0.0.1", strict.port, user="piet", password="geheim", secured=False))
    assert "refused user or password (it says: 535 no)" in refused.finding
    assert "geheim" not in str(refused)
    gone = examined(Route("smtp", "127.0.0.1", strict.port, secured=False))
    assert (gone.state, "cannot be reached" in gone.finding) == (FAIL, True)


def test_the_doctor_says_where_mail_goes_when_there_is_no_server(tmp_path: Path) -> None:
    assert examined(None) == Finding("e-mail", OK, "no MAIL_URL is set, so none leaves", examined(None).next_step)
    folder = examined(Route("file", folder=str(tmp_path / "not" / "yet")))
    assert (folder.state, "nothing leaves this machine" in folder.finding) == (OK, True)
