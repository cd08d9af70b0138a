"""`python -m webapp.sandbox`: serves both sandboxes until it is told to end."""

import argparse
from pathlib import Path

from webapp.sandbox import billingo, yuki
from webapp.sandbox.server import run


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m webapp.sandbox", description="A Yuki and a Billingo on this machine.")
    parser.add_argument("--yuki-port", type=int, default=8081)
    parser.add_argument("--billingo-port", type=int, default=8082)
    parser.add_argument("--state", type=Path, default=None, help="the folder that keeps the books over a restart")
    chosen = parser.parse_args(arguments)
    run_both(chosen.yuki_port, chosen.billingo_port, chosen.state)


def run_both(yuki_port: int, billingo_port: int, state: Path | None = None, *, quiet: bool = False) -> None:
    """Serves both on 127.0.0.1 until SIGTERM or Ctrl-C; `state` is the folder that keeps the books.

    `quiet`: their addresses are not printed.
    """
    books = [state / f"{name}.sqlite3" if state else None for name in ("yuki", "billingo")]
    apps = yuki.create_app(books[0]), billingo.create_app(books[1])
    run([("Yuki's sandbox", apps[0], yuki_port), ("Billingo's sandbox", apps[1], billingo_port)], quiet=quiet)


if __name__ == "__main__":
    main()
