"""Puts a session on the domain of the administration, for keys that see several domains."""

from dataclasses import dataclass

from webapp.connectors.ports import AccessDenied, Administration
from webapp.connectors.yuki.client import YukiClient
from webapp.domain.failures import Failure

MAX_DOMAINS = 5
Domains = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a session stands: our administration if the key sees it, all that were seen, whether it was moved."""

    mine: Administration | None
    seen: tuple[Administration, ...]
    moved: bool = False


class Placement:
    """Knows the administration, and which session already stands on its domain.

    Archive reads take no administration: they work on the session's current domain, and the archive of another
    one would "prove" an invoice absent. Whether other calls mind, and whether Administrations lists those of
    all domains or of the current one, is not documented: either works here.
    """

    def __init__(self, client: YukiClient, administration_id: str) -> None:
        self._client = client
        self._administration_id = administration_id
        self._standing: tuple[str, Standing] | None = None

    def place(self, session: str) -> bool:
        """Put the session on the right domain; True if it had to be moved now.

        One call with a key of one domain, and none the next time. Raises AccessDenied when the key does not
        see the administration.
        """
        if self._standing is not None and self._standing[0] == session:
            standing, moved = self._standing[1], False
        else:
            standing = self.seek(session, self._client.administrations(session))
            moved = standing.moved
        if standing.mine is None:
            raise AccessDenied(Failure.ADMINISTRATION, "the key does not see this administration")
        return moved

    def is_shared(self) -> bool:
        """Whether the key that was placed last sees more administrations in our domain, whose archive is one."""
        standing = self._standing[1] if self._standing is not None else None
        if standing is None or standing.mine is None:
            return False
        return sum(same_id(one.domain_id, standing.mine.domain_id) for one in standing.seen) > 1

    def domain(self, session: str) -> str:
        """Return the id of the administration's domain, with the session standing on it; raises as `place`."""
        self.place(session)
        standing = self._standing
        if standing is None or standing[1].mine is None:
            raise AccessDenied(Failure.ADMINISTRATION, "the key does not see this administration")
        return standing[1].mine.domain_id

    def seek(self, session: str, seen: tuple[Administration, ...], domains: Domains | None = None) -> Standing:
        """Find our administration and stand on its domain; `seen` and `domains` are what was read already.

        If it is not among those seen, the other domains are visited, a few at most, two calls for each.
        """
        standing = self._among(session, seen)
        if standing.mine is None:
            domains = self._client.domains(session) if domains is None else domains
            standing = self._visit(session, seen, domains)
        self._standing = (session, standing)
        return standing

    def _among(self, session: str, seen: tuple[Administration, ...]) -> Standing:
        mine = next((item for item in seen if same_id(item.id, self._administration_id)), None)
        several = len({item.domain_id.lower() for item in seen}) > 1
        if mine is not None and several:
            self._client.set_current_domain(session, mine.domain_id)
        return Standing(mine, seen, moved=mine is not None and several)

    def _visit(self, session: str, seen: tuple[Administration, ...], domains: Domains) -> Standing:
        known = {item.domain_id.lower() for item in seen}
        others = [one for one, _ in domains if one and one.lower() not in known]
        for domain in others[:MAX_DOMAINS]:
            self._client.set_current_domain(session, domain)
            here = self._client.administrations(session)
            seen = (*seen, *(item for item in here if item.id not in {one.id for one in seen}))
            mine = next((item for item in here if same_id(item.id, self._administration_id)), None)
            if mine is not None:
                return Standing(mine, seen, moved=True)
        return Standing(None, seen)


def same_id(one: str, other: str) -> bool:
    """Return whether two ids name the same thing, in whatever case or braces they are written."""
    return one.strip("{} ").lower() == other.strip("{} ").lower() != ""
