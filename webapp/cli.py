"""The koppel command: its subcommands are loaded when they are called, so that small ones start at once."""

import sys
from importlib import import_module
from typing import Any

import click

from webapp.loading import loading

COMMANDS = {
    "up": "webapp.commands.up:up",
    "init": "webapp.commands.database:init",
    "demo": "webapp.commands.demo:demo",
    "doctor": "webapp.commands.doctor:doctor",
    "worker": "webapp.commands.processes:worker",
    "relay": "webapp.commands.processes:relay",
    "schedule": "webapp.commands.processes:schedule",
    "sandbox": "webapp.commands.processes:sandbox",
    "organisation": "webapp.commands.accounts:organisation",
    "user": "webapp.commands.accounts:user",
    "key": "webapp.commands.keys:key",
    "secrets": "webapp.commands.accounts:secrets",
    "connection": "webapp.commands.connections:connection",
    "invoices": "webapp.commands.invoices:invoices",
    "send": "webapp.commands.sending:send",
    "payments": "webapp.commands.payments:payments",
    "fetch": "webapp.commands.fetching:fetch",
    "statements": "webapp.commands.statements:statements",
    "runs": "webapp.commands.runs:runs",
}


class LazyGroup(click.Group):
    """A group whose subcommands are imported by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one subcommand."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        with loading():
            command: Any = getattr(import_module(module), name)
        return command  # type: ignore[no-any-return]


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="koppel")
def koppel() -> None:
    """Koppel: invoices into the books, payments back."""


def main() -> None:
    """Run the command: 0 done, 1 failed, 2 wrong use; an error is one sentence on stderr."""
    from webapp import journal

    journal.begin("WARNING")  # warnings go to stderr too: standard output is the answer, often JSON
    try:
        code = koppel.main(standalone_mode=False)  # a command that ends by ctx.exit(n) returns n
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(1)
    except click.UsageError as error:
        click.echo(f"koppel: {error.format_message()}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        click.echo(f"koppel: {error.format_message()}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
