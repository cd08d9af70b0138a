"""The test of a connection: which step failed, why, and how many calls it cost."""

import pytest

from tests.connectors.conftest import ADMINISTRATION, NOW, Desk
from tests.connectors.loopback import Reply, administrations, documents, envelope, fault, html, items
from webapp.connectors.http import Http
from webapp.connectors.ports import Access, CheckReport
from webapp.connectors.yuki.gateway import YukiGateway
from webapp.domain.failures import Failure

pytestmark = pytest.mark.pure

CHECK = "CheckOutstandingItemAdmin"
CALLS = ["Authenticate", "Domains", "Administrations", "GetSalesItems", CHECK, "DocumentsInFolder"]


@pytest.fixture(autouse=True)
def all_well(desk: Desk) -> None:
    desk.yuki.on(
        "Domains", envelope("Domains", '<Domains xmlns=""><Domain ID="d-1"><Name>Voorbeeld</Name></Domain></Domains>')
    )
    desk.yuki.on("Administrations", administrations((ADMINISTRATION, "D-1"), ("other", "D-1")))
    desk.yuki.on("GetSalesItems", envelope("GetSalesItems", "<SalesItem><id>1</id></SalesItem>"))
    desk.yuki.on(CHECK, items(CHECK))
    desk.yuki.on("DocumentsInFolder", documents(operation="DocumentsInFolder"))


def steps(report: CheckReport) -> dict[str, object]:
    return {step.name: step.ok if step.failure is None else step.failure for step in report.steps}


def test_all_well_costs_six_calls_and_keeps_the_session(desk: Desk) -> None:
    report = desk.gateway.check()
    assert report.ok
    assert (report.domain_name, report.administration and report.administration.name) == ("Voorbeeld", "Voorbeeld B.V.")
    assert len(report.administrations) == 2
    assert desk.yuki.calls == CALLS
    assert desk.sessions.session == "SESSION-1"


def test_a_wrong_key_costs_one_call(desk: Desk) -> None:
    desk.sessions.put("STILL-GOOD")
    desk.yuki.on("Authenticate", fault("Invalid access key"))
    report = desk.gateway.check()
    assert not report.ok
    assert steps(report) == dict.fromkeys(
        ("domain", "administration", "sales", "accounting", "archive")
    ) | {"session": Failure.AUTH}  # fmt: skip
    assert report.steps[0].remote_text == "Invalid access key"
    assert desk.yuki.calls == ["Authenticate"]


@pytest.mark.parametrize("operation", ["Domains", "GetSalesItems"])
def test_the_wrong_region_is_seen_wherever_it_shows_and_stops_the_test(desk: Desk, operation: str) -> None:
    desk.yuki.on(operation, fault("Domain has no active database"))
    report = desk.gateway.check()
    assert Failure.ADMINISTRATION in steps(report).values()
    assert steps(report)["archive"] is None
    assert desk.yuki.calls == CALLS[: CALLS.index(operation) + 1]


def test_an_unknown_administration_shows_the_ones_there_are(desk: Desk) -> None:
    desk.yuki.on("Administrations", administrations(("other", "D-1")))
    report = desk.gateway.check()
    assert steps(report)["administration"] is Failure.ADMINISTRATION
    assert [one.id for one in report.administrations] == ["other"]
    assert steps(report)["sales"] is None


def test_an_inactive_administration_is_no_good(desk: Desk) -> None:
    desk.yuki.on("Administrations", administrations((ADMINISTRATION, "D-1"), active="false"))
    assert steps(desk.gateway.check())["administration"] is Failure.ADMINISTRATION


def test_a_missing_right_is_told_and_the_other_rights_are_still_tried(desk: Desk) -> None:
    desk.yuki.on("GetSalesItems", fault("You do not have the rights for this web service"))
    desk.yuki.on("DocumentsInFolder", fault("Geen rechten"))
    assert steps(desk.gateway.check()) == {
        "session": True,
        "domain": True,
        "administration": True,
        "sales": Failure.RIGHT,
        "accounting": True,
        "archive": Failure.RIGHT,
    }


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (html(), Failure.NOT_UNDERSTOOD),
        (html(503), Failure.REMOTE),
        (Reply("<!DOCTYPE x><x/>"), Failure.NOT_UNDERSTOOD),
        (Reply(administrations(), cut_at=20), Failure.NETWORK),
        (fault("Daily limit exceeded"), Failure.QUOTA),
        (fault("Invalid session ID"), Failure.AUTH),
    ],
)
@pytest.mark.parametrize("operation", CALLS)
def test_whatever_the_remote_says_becomes_a_report(desk: Desk, operation: str, reply: Reply, failure: Failure) -> None:
    desk.yuki.on(operation, reply)
    assert failure in steps(desk.gateway.check()).values()
    assert len(desk.yuki.calls) <= 6


def test_an_unreachable_yuki_is_a_failed_first_step(desk: Desk) -> None:
    gone = YukiGateway(
        Access("http://127.0.0.1:1", "k", ADMINISTRATION),
        http=Http(["http://127.0.0.1:1"]),
        watch=desk.watch,
        sessions=desk.sessions,
        clock=lambda: NOW,
    )
    assert steps(gone.check())["session"] is Failure.NETWORK


def test_a_used_up_budget_is_a_failed_step_and_not_an_error(desk: Desk) -> None:
    desk.watch.budget = 2
    report = desk.gateway.check()
    assert steps(report)["administration"] is Failure.QUOTA


def test_a_key_of_several_domains_is_tested_on_the_right_one(desk: Desk) -> None:
    desk.yuki.on("Administrations", administrations(("other", "D-2"), (ADMINISTRATION, "D-1")))
    desk.yuki.on("SetCurrentDomain", envelope("SetCurrentDomain", ""))
    report = desk.gateway.check()
    assert report.ok
    assert report.domain_name == "Voorbeeld"
    assert desk.yuki.calls == [*CALLS[:3], "SetCurrentDomain", *CALLS[3:]]
    assert "domainID>D-1<" in desk.yuki.requests[3][1]
