"""What people say about rolling out, and which shipped scenario answers it: the rows of the library's index."""

from simulator.docs.claims.claim import Claim
from simulator.docs.claims.failures import FAILURES
from simulator.docs.claims.practice import PRACTICE
from simulator.docs.claims.strategies import STRATEGIES

__all__ = ["CLAIMS", "Claim"]

CLAIMS: tuple[Claim, ...] = (*STRATEGIES, *FAILURES, *PRACTICE)
