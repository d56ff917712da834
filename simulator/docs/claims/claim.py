"""A row of the library's index: what people say, and which shipped scenario answers it."""

from __future__ import annotations

from typing import Literal, NamedTuple

Answer = Literal["confirmed", "refuted", "in part", "it depends", "not simulated"]


class Claim(NamedTuple):
    """A row of the library's index.

    Parameters
    ----------
    id : str
        Number of the claim.
    said : str
        The claim, in a sentence.
    answer : str
        What the model makes of it.
    scenario : str
        The shipped scenario that shows it; empty where none can.
    numbers : tuple of str
        A criterion and the strategies to show it for, as in ``"duration_s p95 good: half, one"``.
    remark : str
        In the place of what the scenario teaches.
    """

    id: str
    said: str
    answer: Answer
    scenario: str = ""
    numbers: tuple[str, ...] = ()
    remark: str = ""
