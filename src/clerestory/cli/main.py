"""The ``clerestory`` command: one module per command, which brings ``add(app)`` and imports what is heavy inside."""

from importlib import import_module

import typer

from clerestory.cli.shell import FINE, _, errors_shown, letters_replaced

COMMANDS = (
    "clerestory.cli.measure.init",
    "clerestory.cli.measure.check",
    "clerestory.cli.measure.bias_audit",
    "clerestory.cli.measure.mitigate",
    "clerestory.cli.measure.push",
    "clerestory.cli.measure.import_",
    "clerestory.cli.protect.transform",
    "clerestory.cli.protect.release",
    "clerestory.cli.audit.status",
    "clerestory.cli.audit.pack",
    "clerestory.cli.server.up",
    "clerestory.cli.server.worker",
    "clerestory.cli.server.ledger",
    "clerestory.cli.server.people",
    "clerestory.cli.server.doctor",
    "clerestory.cli.witness.command",
)
"""Modules of the commands, in the order of the help text."""


def build() -> typer.Typer:
    """Return the application with all commands."""
    app = typer.Typer(
        name="clerestory",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help=_("The open AI management system: every status is derived from evidence."),
    )
    app.callback()(_options)
    for module in COMMANDS:
        import_module(module).add(app)
    return app


def _show_version(asked: bool) -> None:
    if asked:
        from clerestory.intake.run import tool_version

        typer.echo(f"clerestory {tool_version()}")
        raise typer.Exit


def _options(
    version: bool = typer.Option(
        False, "--version", help=_("Show the version."), is_eager=True, callback=_show_version
    ),
) -> None:
    """Take the options that stand before a command."""


def run() -> None:
    """Run the command line; the entry point."""
    with errors_shown():
        letters_replaced()
        raise SystemExit(build()(standalone_mode=False) or FINE)
