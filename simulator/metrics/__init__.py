"""One trace to one outcome: every number a run is judged by, measured afterwards and from the trace alone.

`table` names the metrics with unit and definition, `outcome` measures them, `cost` writes the bill.
"""

from simulator.metrics.cost import Bill as Bill
from simulator.metrics.cost import CostLine as CostLine
from simulator.metrics.cost import bill as bill
from simulator.metrics.cost import cost_lines as cost_lines
from simulator.metrics.cost import price_list as price_list
from simulator.metrics.cost import priced as priced
from simulator.metrics.outcome import Outcome as Outcome
from simulator.metrics.outcome import measure as measure
from simulator.metrics.table import METRICS as METRICS
from simulator.metrics.table import PARTS as PARTS
from simulator.metrics.table import Metric as Metric
