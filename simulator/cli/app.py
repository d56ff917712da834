"""The table of commands, and the one way in."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from simulator import __version__
from simulator.cli.check import check
from simulator.cli.compare import compare
from simulator.cli.configs import configs
from simulator.cli.conform import conform
from simulator.cli.endings import INTERRUPTED
from simulator.cli.examples import examples
from simulator.cli.explain import explain
from simulator.cli.init import init
from simulator.cli.run import run
from simulator.cli.schema import schema

app = typer.Typer(
    name="rollsim",
    epilog="Start with: rollsim init --platform server --out my-service.yaml",
    no_args_is_help=True,
    add_completion=False,
    # Plain help: readable in a pipe, in a narrow window and by a screen reader, and quick to load.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
# Each in a few words, and with a line that works where it is typed: `web-fleet` is a scenario that travels with the
# package.
_COMMANDS = (
    (init, "Write a commented scenario to start from.", "init --platform server --out my-service.yaml"),
    (check, "Find the problems of scenario files, or give advice.", "check web-fleet"),
    (compare, "Compare a scenario's strategies and recommend one.", "compare web-fleet --replications 200"),
    (run, "Tell one run of one strategy as a story.", "run web-fleet --strategy half-at-a-time --given bad"),
    (explain, "Explain a rule, an assumption or a metric.", "explain healthy_hosts.may_start"),
    (examples, "List the shipped scenarios, or copy one.", "examples web-fleet --to mine"),
    (configs, "List the predefined deployment configurations.", "configs --json"),
    (conform, "Put a way of rolling out through every law.", "conform --for server/in_place --cases 20"),
    (schema, "Print the JSON Schema of the scenario file.", "schema > scenario.schema.json"),
)
for _command, _short, _line in _COMMANDS:
    app.command(_command.__name__, short_help=_short, epilog=f"Example: rollsim {_line}")(_command)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"rollsim {__version__}")
        raise typer.Exit


@app.callback()
def rollsim(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Tells you, before you deploy, what each AWS CodeDeploy rollout strategy would cost you.

    Exit codes: 0 answered; 1 answered, and the answer is no; 2 could not answer; 3 the runs cannot tell;
    130 interrupted.
    """
    del version  # its callback has answered


def main() -> None:
    """Run the command line and end the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets its escape; nothing fails over a letter.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="rollsim")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
