"""The table of commands, and the one way in."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from simulator import __version__
from simulator.cli.check import check
from simulator.cli.compare import compare
from simulator.cli.configs import configs
from simulator.cli.endings import INTERRUPTED
from simulator.cli.examples import examples
from simulator.cli.explain import explain
from simulator.cli.init import init
from simulator.cli.run import run
from simulator.cli.schema import schema

app = typer.Typer(
    name="rollsim",
    help="Tells you, before you deploy, what each AWS CodeDeploy rollout strategy would cost you.",
    epilog="Start with: rollsim init --platform server --out my-service.yaml",
    no_args_is_help=True,
    add_completion=False,
    # Plain help: readable in a pipe, in a narrow window and by a screen reader, and quick to load.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
# Each with a line that works where it is typed: `web-fleet` is a scenario that travels with the package.
app.command("check", epilog="Example: rollsim check web-fleet")(check)
app.command("init", epilog="Example: rollsim init --platform server --out my-service.yaml")(init)
app.command("run", epilog="Example: rollsim run web-fleet --strategy half-at-a-time --given bad")(run)
app.command("compare", epilog="Example: rollsim compare web-fleet --replications 200")(compare)
app.command("examples", epilog="Example: rollsim examples web-fleet --to mine")(examples)
app.command("explain", epilog="Example: rollsim explain healthy_hosts.may_start")(explain)
app.command("configs", epilog="Example: rollsim configs --json")(configs)
app.command("schema", epilog="Example: rollsim schema > scenario.schema.json")(schema)


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

    Exit codes: 0 answered; 1 answered, and the answer is no; 2 could not answer; 130 interrupted.
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
