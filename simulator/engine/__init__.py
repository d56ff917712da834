"""Scenario and random streams in, trace out; the only folder that knows SimPy.

`run` builds the `world`, lets it go until the service has settled and closes the trace. `deployment` tells the
story of one deployment and of the way back that follows; `rollouts/` has one file per way of rolling out;
`lifecycle` plans a target's events from its draws. `alarms` and `telemetry` are what CloudWatch sees, `faults`
what breaks by itself, `people` who steps in. `clock` holds the order of simultaneous events.
"""

from simulator.engine.run import simulate as simulate
