"""`rollsim schema`: the JSON Schema of the scenario file."""

from __future__ import annotations

from simulator.cli.endings import answering
from simulator.cli.options import Json


@answering
def schema(json: Json = False) -> None:
    """Print the JSON Schema of the scenario file.

    Editors that know it complete and check while you type.
    """
    from simulator.cli import terminal
    from simulator.scenario import json_schema

    del json  # a schema is JSON either way
    terminal.document(json_schema())
