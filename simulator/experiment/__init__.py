"""Strategies by replications to outcomes.

`plan` says which replications there are and which stratum each belongs to, `pool` runs them on one process or
many, `rows` turns outcomes into the table, and `single` gives any one run back in full.
"""

from simulator.experiment.plan import Plan as Plan
from simulator.experiment.pool import Finished as Finished
from simulator.experiment.pool import replicate as replicate
from simulator.experiment.progress import Step as Step
from simulator.experiment.rows import as_table as as_table
from simulator.experiment.single import Run as Run
from simulator.experiment.single import run as run
