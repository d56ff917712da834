"""The waist of the house: the engine writes a trace, metrics read it, and neither knows the other.

`records` are the kinds of thing that happen, `text` their form on screen and in files.
"""

from simulator.trace.records import Trace as Trace
