"""The door for scenario files: YAML to a `Scenario`, and back.

`load` reads a file and everything it names, or raises every problem at once with line and column; `check`
gives the same problems, and advice, as a list. Behind them `loading` tells the story, `bases` lays a file over
the one it builds on, `resolving` turns what only files may say (``from:``, ``appspec:``) into what the model
reads, `checking` puts the model's complaints at their lines, `setting` is ``--set`` and `changing` the same on a
model, `writing` is the way back, and `schema` is the shape all consult.
"""

from simulator.scenario.changing import changed
from simulator.scenario.loading import check, load, loads
from simulator.scenario.schema import json_schema
from simulator.scenario.setting import set_path
from simulator.scenario.writing import dump

__all__ = ["changed", "check", "dump", "json_schema", "load", "loads", "set_path"]
