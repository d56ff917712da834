"""The conformance kit: one way of rolling out, put through every law on random scenarios.

`laws` says what must hold, `cases` draws scenarios and makes them smaller, `bench` runs them with the rollout under
test, `outside` loads one that is not ours, and `kit` puts them together.
"""

from simulator.conformance.kit import Counterexample as Counterexample
from simulator.conformance.kit import Verdict as Verdict
from simulator.conformance.kit import conform as conform
from simulator.conformance.kit import rows as rows
from simulator.conformance.laws import LAWS as LAWS
from simulator.conformance.laws import Law as Law
from simulator.conformance.outside import rollout_named as rollout_named
