"""What cannot be started says why in one sentence, and starts nothing."""

import os
import socket
from pathlib import Path

import pytest

from tests.running.house import koppel
from tests.support.ports import free_port

pytestmark = [pytest.mark.pure, pytest.mark.timeout(120)]


def refusal(data: Path, *options: str, **more: str) -> str:
    told = koppel(data, "up", *options, **more)

    assert told.returncode == 1, told.stdout
    assert told.stderr.count("\n") == 1, told.stderr
    assert told.stderr.startswith("koppel: ")
    return told.stderr.removeprefix("koppel: ").strip()


@pytest.mark.parametrize(
    ("option", "what", "how"),
    [
        ("--port", "the web server", "choose another with PORT"),
        ("--yuki-port", "Yuki's sandbox", "choose another with koppel up --yuki-port"),
        ("--billingo-port", "Billingo's sandbox", "choose another with koppel up --billingo-port"),
    ],
)
def test_a_taken_port(tmp_path: Path, option: str, what: str, how: str) -> None:
    others = [word for name in ("--port", "--yuki-port", "--billingo-port") for word in (name, str(free_port()))]
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        sentence = refusal(tmp_path / "data", *others, option, str(port))

    assert sentence == f"Port {port} for {what} is already taken by another program; {how}."


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    sentence = refusal(tmp_path / "file" / "data")

    assert sentence == f"KOPPEL_DATA: the folder {tmp_path / 'file' / 'data'} cannot be written (Not a directory)."


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_somebody_else(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o500)

    assert refusal(data) == f"KOPPEL_DATA: the folder {data} cannot be written (Permission denied)."


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("TIMEZONE", "Europe/Atlantis", "TIMEZONE: is not a known time zone."),
        ("ENCRYPTION_KEYS", "short", "ENCRYPTION_KEYS: holds a key that is not a Fernet key."),
        ("YUKI_NL_URL", "ftp://yuki", "YUKI_NL_URL: is not an http or https address."),
        ("SECRET_KEY_FILE", "/nowhere", "SECRET_KEY_FILE: the file /nowhere cannot be read."),
    ],
)
def test_a_bad_setting(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    assert refusal(tmp_path / "data", "--no-sandbox", **{name: value}) == sentence


def test_a_redis_that_is_not_there(tmp_path: Path) -> None:
    address = f"redis://127.0.0.1:{free_port()}/0"

    sentence = refusal(tmp_path / "data", "--no-sandbox", "--port", str(free_port()), REDIS_URL=address)

    assert sentence == "REDIS_URL: no Redis answers at this address."


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    address = f"postgresql://nobody@127.0.0.1:{free_port()}/koppel"

    sentence = refusal(tmp_path / "data", "--no-sandbox", "--port", str(free_port()), DATABASE_URL=address)

    assert sentence.startswith("The database cannot be reached: ")


def test_wrong_use_is_told_apart(tmp_path: Path) -> None:
    told = koppel(tmp_path / "data", "up", "--port", "much")

    assert told.returncode == 2
