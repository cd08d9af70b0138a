"""The operations every service has: logging in, and which domains, administrations and languages there are."""

from collections.abc import Callable

from webapp.sandbox.yuki.access import Call, open_session
from webapp.sandbox.yuki.charts import LANGUAGES
from webapp.sandbox.yuki.markup import Value, branch, leaf
from webapp.sandbox.yuki.records import Administration, Domain
from webapp.sandbox.yuki.soap import Answer, Fault


def authenticate(call: Call) -> Answer:
    return open_session(call, call.text("accessKey")).id


def authenticate_by_user_name(call: Call) -> Answer:
    """The sandbox has no users: only keys open a session."""
    raise Fault("Invalid user name or password")


def domains(call: Call) -> Answer:
    return branch("Domains", *(_domain(call.books.domains[one]) for one in call.key.domain_ids))


def current_domain(call: Call) -> Answer:
    return _domain(call.books.domains[call.signed_in.domain_id])


def set_current_domain(call: Call) -> Answer:
    wanted = call.text("domainID").lower()
    if wanted not in call.key.domain_ids:
        raise Fault("Invalid domain ID")
    session = call.signed_in
    session.domain_id = wanted
    call.books.put_session(session)
    return None


def administrations(call: Call) -> Answer:
    return branch("Administrations", *(_administration("Administration", one) for one in call.visible()))


def companies(call: Call) -> Answer:
    return branch("Companies", *(_administration("Company", one) for one in call.visible()))


def administration_id(call: Call) -> Answer:
    wanted = call.text("administrationName").casefold()
    found = next((one for one in call.visible() if one.name.casefold() == wanted), None)
    if found is None:
        raise Fault("Invalid administration name")
    return found.id


def language(call: Call) -> Answer:
    return call.language


def supported_languages(call: Call) -> Answer:
    return branch(
        "Languages", *(branch("Language", leaf("Description", name), ID=code) for code, name in LANGUAGES.items())
    )


def set_language(call: Call) -> Answer:
    wanted = call.text("language").lower()
    if wanted[:2] not in LANGUAGES:
        raise Fault("Invalid language")
    session = call.signed_in
    session.language = wanted[:2]
    call.books.put_session(session)
    return None


def _domain(domain: Domain) -> str:
    return branch("Domain", leaf("Name", domain.name), ID=domain.id)


def _administration(name: str, one: Administration) -> str:
    parts: dict[str, Value] = {
        "Name": one.name,
        "AddressLine": one.address,
        "Postcode": one.postcode,
        "City": one.city,
        "Country": one.country,
        "CoCNumber": one.coc_number,
        "VATNumber": one.vat_number,
        "StartDate": one.start,
        "DomainID": one.domain_id,
        "Active": one.active,
    }
    return branch(name, *(leaf(key, value) for key, value in parts.items()), ID=one.id)


HANDLERS: dict[str, Callable[[Call], Answer]] = {
    "Authenticate": authenticate,
    "AuthenticateClient": authenticate,
    "AuthenticateByUserName": authenticate_by_user_name,
    "Domains": domains,
    "Companies": companies,
    "AdministrationID": administration_id,
    "Administrations": administrations,
    "GetCurrentDomain": current_domain,
    "SetCurrentDomain": set_current_domain,
    "Language": language,
    "SupportedLanguages": supported_languages,
    "SetLanguage": set_language,
}
