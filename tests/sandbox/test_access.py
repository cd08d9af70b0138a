"""Keys, sessions, domains, administrations, rights and the day's quota."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox.client import Yuki, invoice
from webapp.sandbox.server import start
from webapp.sandbox.yuki import create_app, opening


def test_a_wrong_key_is_a_fault_in_the_words_of_asmx(yuki: Yuki) -> None:
    fault = yuki.call("Sales", "Authenticate", accessKey="nobody").fault
    assert fault == (
        "System.Web.Services.Protocols.SoapException: Server was unable to process request. ---> Invalid access key"
    )


def test_a_session_works_on_every_service(yuki: Yuki, session: str) -> None:
    for service in ("Sales", "Accounting", "AccountingInfo", "Archive", "Vat"):
        assert yuki.call(service, "Language", sessionID=session).one("LanguageResult") == "nl"


def test_a_session_ends_after_a_day() -> None:
    times = [datetime(2026, 3, 2, 9, 0, tzinfo=UTC)]
    with start(create_app(clock=lambda: times[0])) as server:
        yuki = Yuki(server.url)
        session = yuki.login()
        times[0] += timedelta(hours=23, minutes=59)
        assert yuki.call("Sales", "Administrations", sessionID=session).status == 200
        times[0] += timedelta(minutes=1)
        assert "Invalid session ID" in yuki.call("Sales", "Administrations", sessionID=session).fault
        yuki.http.close()


def test_a_domain_key_sees_all_administrations_and_a_key_of_one_sees_one(yuki: Yuki) -> None:
    everything = yuki.call("Sales", "Administrations", sessionID=yuki.login())
    own = yuki.call("Sales", "Administrations", sessionID=yuki.login(opening.NL_KEY))
    assert everything.attributes("Administration") == [
        opening.NL_ADMINISTRATION, opening.BE_ADMINISTRATION, opening.INACTIVE_ADMINISTRATION,
    ]  # fmt: skip
    assert everything.all("Active") == ["true", "true", "false"]
    assert set(everything.all("DomainID")) == {opening.GROUP_DOMAIN}
    assert own.attributes("Administration") == [opening.NL_ADMINISTRATION]


def test_a_key_of_one_administration_may_leave_it_out_and_a_domain_key_may_not(yuki: Yuki) -> None:
    assert yuki.open_items(yuki.login(opening.NL_KEY), administrationID="").status == 200
    assert "Invalid administration ID" in yuki.open_items(yuki.login(), administrationID="").fault


def test_a_key_does_not_reach_another_administration(yuki: Yuki) -> None:
    reply = yuki.open_items(yuki.login(opening.NL_KEY), administrationID=opening.BE_ADMINISTRATION)
    assert "Invalid administration ID" in reply.fault


def test_an_inactive_administration_takes_nothing(yuki: Yuki, session: str) -> None:
    assert "not active" in yuki.send(session, invoice(), administration=opening.INACTIVE_ADMINISTRATION).fault


def test_a_key_of_the_other_country_logs_in_and_gets_no_data(yuki: Yuki) -> None:
    session = yuki.login(opening.FOREIGN_KEY)
    assert yuki.call("Sales", "Administrations", sessionID=session).status == 200
    reply = yuki.open_items(session, administrationID=opening.FOREIGN_ADMINISTRATION)
    assert "Domain has no active database" in reply.fault


def test_a_key_without_the_sales_right_cannot_send(yuki: Yuki) -> None:
    session = yuki.login(opening.NO_SALES_KEY)
    assert "no right" in yuki.send(session, invoice()).fault
    assert yuki.open_items(session).status == 200


def test_a_portal_key_changes_its_domain(yuki: Yuki) -> None:
    session = yuki.login(opening.PORTAL_KEY)
    assert yuki.call("Sales", "Domains", sessionID=session).attributes("Domain") == [
        opening.GROUP_DOMAIN,
        opening.SECOND_DOMAIN,
    ]
    assert yuki.call("Sales", "SetCurrentDomain", sessionID=session, domainID=opening.SECOND_DOMAIN).status == 200
    assert yuki.call("Sales", "GetCurrentDomain", sessionID=session).attributes("Domain") == [opening.SECOND_DOMAIN]
    assert yuki.call("Sales", "Administrations", sessionID=session).attributes("Administration") == [
        opening.SECOND_ADMINISTRATION
    ]
    assert "Invalid domain ID" in yuki.call("Sales", "SetCurrentDomain", sessionID=session, domainID="x").fault


def test_an_administration_is_found_by_its_name(yuki: Yuki, session: str) -> None:
    reply = yuki.call("Sales", "AdministrationID", sessionID=session, administrationName="Voorbeeld B.V.")
    assert reply.one("AdministrationIDResult") == opening.NL_ADMINISTRATION


def test_the_day_has_so_many_calls_logins_included(yuki: Yuki) -> None:
    yuki.control("mode", {"daily_limit": 3})
    session = yuki.login()
    for _ in range(2):
        assert yuki.call("Vat", "Language", sessionID=session).status == 200
    reply = yuki.call("Vat", "Language", sessionID=session)
    assert (reply.fault, reply.one("detail")) == (
        "Daily limit exceeded",
        "Every domain has 3 free webservice calls a day.",
    )
    assert yuki.call("Vat", "Authenticate", accessKey=opening.DOMAIN_KEY).fault == "Daily limit exceeded"
    assert yuki.call("Vat", "Authenticate", accessKey=opening.FOREIGN_KEY).status == 200


def test_the_quota_starts_anew_at_midnight_in_amsterdam() -> None:
    times = [datetime(2026, 7, 1, 21, 59, tzinfo=UTC)]
    with start(create_app(clock=lambda: times[0])) as server:
        yuki = Yuki(server.url)
        yuki.control("mode", {"daily_limit": 1})
        yuki.login()
        assert yuki.call("Vat", "Authenticate", accessKey=opening.DOMAIN_KEY).fault == "Daily limit exceeded"
        times[0] += timedelta(minutes=1)
        assert yuki.login()
        assert yuki.look("calls")["domains"] == {opening.GROUP_DOMAIN: {"2026-07-01": 1, "2026-07-02": 1}}
        yuki.http.close()


@pytest.mark.parametrize("host", ["yuki.example", "127.0.0.1.example:80", "10.0.0.1"])
def test_other_host_names_are_refused(yuki: Yuki, host: str) -> None:
    assert yuki.http.get(f"{yuki.url}/", headers={"Host": host}, timeout=30).status_code == 403


def test_a_page_of_another_origin_writes_nothing(yuki: Yuki) -> None:
    answer = yuki.http.post(f"{yuki.url}/reset", headers={"Origin": "https://elsewhere.example"}, timeout=30)
    assert answer.status_code == 403
