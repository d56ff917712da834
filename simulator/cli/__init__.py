"""Arguments to verbs to text: the `rollsim` command, one module per subcommand.

Results go to stdout, progress and warnings to stderr. A command's module parses its arguments, calls the
verbs that notebooks call too, and prints. What is heavy is imported when a command runs, so help is instant.
"""

from __future__ import annotations

from simulator.cli.app import main

__all__ = ["main"]
