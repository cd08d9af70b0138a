"""koppel organisation, user, connection and secrets at the command line."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.conftest import PASSWORD
from webapp.cli import koppel, main
from webapp.services import accounts
from webapp.settings import Settings
from webapp.store.organisations import Organisation
from webapp.store.session import release

GUID = "11111111-2222-3333-4444-555555555555"


class Koppel:
    """Runs the command on the test's database."""

    def __init__(self, settings: Settings) -> None:
        self.env = {
            "DATABASE_URL": settings.database_url,
            "KOPPEL_DATA": str(settings.koppel_data),
            "ENCRYPTION_KEYS": settings.fernet_keys[0],
            "SECRET_KEY": settings.secret_key.get_secret_value(),
        }

    def __call__(self, *words: str, stdin: str = "") -> Result:
        release()
        return CliRunner().invoke(koppel, words, input=stdin, env=self.env)

    def json(self, *words: str, stdin: str = "") -> Any:
        done = self(*words, "--json", stdin=stdin)
        assert done.exit_code == 0, done.output
        return json.loads(done.output)


@pytest.fixture
def run(settings: Settings, organisation: Organisation) -> Koppel:
    return Koppel(settings)


@pytest.fixture
def complain(
    run: Koppel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Call the command as the console script does: its exit code, and what it says on stderr."""

    def call(*words: str, stdin: str = "") -> tuple[int, str]:
        release()
        for name, value in run.env.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["koppel", *words])
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        assert said.out == ""
        return int(str(stop.value.code)), said.err

    return call


def test_an_organisation_with_its_features(run: Koppel) -> None:
    made = run.json("organisation", "add", "Nieuw B.V.", "--feature", "yuki", "--feature", "expenses")
    assert made["features"] == ["expenses", "yuki"]
    release()
    assert accounts.find_organisation("Nieuw B.V.").id == made["id"]


def test_a_user_who_can_log_in(run: Koppel) -> None:
    made = run.json(
        *("user", "add", "Marieke@Voorbeeld.example", "--organisation", "Voorbeeld Groep", "--role", "staff"),
        "--password-stdin",
        stdin=f"{PASSWORD}\n",
    )
    assert (made["email"], made["role"]) == ("marieke@voorbeeld.example", "staff")
    release()
    assert accounts.log_in("marieke@voorbeeld.example", PASSWORD)


def test_a_connection_is_added_listed_paused_and_resumed(run: Koppel) -> None:
    made = run.json(
        *("connection", "add", "--organisation", "Voorbeeld Groep", "--provider", "yuki", "--region", "be"),
        *("--administration", GUID, "--key-stdin", "--auto-send"),
        stdin="een-sleutel-van-yuki\n",
    )
    (row,) = run.json("connection", "list")
    assert (row["id"], row["region"], row["state"], row["key_hint"]) == (made["id"], "be", "active", "yuki")
    assert run.json("connection", "pause", str(made["id"]))["state"] == "paused"
    assert run.json("connection", "list")[0]["state"] == "paused"
    assert run.json("connection", "resume", str(made["id"]))["state"] == "active"
    assert run.json("connection", "list", "--organisation", "Voorbeeld Groep")[0]["state"] == "active"
    assert "een-sleutel-van-yuki" not in run("connection", "list").output


@pytest.mark.portable
@pytest.mark.parametrize(
    ("words", "stdin", "code", "part"),
    [
        (("organisation", "add", "Voorbeeld Groep"), "", 1, "There is already an organisation Voorbeeld Groep."),
        (("organisation", "add"), "", 2, "Missing argument"),
        (("user", "add", "x@y.nl", "--organisation", "Nergens", "--role", "staff", "--password-stdin"), "1234567890", 1,
         "There is no organisation Nergens."),
        (("user", "add", "x@y.nl", "--organisation", "Voorbeeld Groep", "--role", "staff"), "", 2, "--password-stdin"),
        (("user", "add", "geen adres", "--organisation", "Voorbeeld Groep", "--role", "staff", "--password-stdin"),
         "1234567890", 1, "is not an e-mail address."),
        (("user", "add", "x@y.nl", "--organisation", "Voorbeeld Groep", "--role", "staff", "--password-stdin"), "kort",
         1, "10 to 200 characters"),
        (("user", "add", "x@y.nl", "--organisation", "Voorbeeld Groep", "--role", "baas", "--password-stdin"), "x", 2,
         "'baas' is not one of"),
        (("connection", "add", "--organisation", "Voorbeeld Groep", "--provider", "yuki", "--administration", "x",
          "--key-stdin"), "een-sleutel", 1, "An administration ID looks like"),
        (("connection", "add", "--organisation", "Voorbeeld Groep", "--provider", "yuki", "--key-stdin"), "k", 2,
         "--administration"),
        (("connection", "pause", "99"), "", 1, "There is no connection 99."),
        (("connection", "test", "negen"), "", 2, "is not a valid integer"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence(
    complain: Callable[..., tuple[int, str]], words: tuple[str, ...], stdin: str, code: int, part: str
) -> None:
    exit_code, said = complain(*words, stdin=stdin)
    assert exit_code == code
    assert part in said
    assert len(said.strip().splitlines()) == 1
