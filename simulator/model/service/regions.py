"""Copies of the service in several Regions, each with its share of the requests.

The one thing a newcomer would get wrong: requests do not move from one region to another. A copy that is short turns
requests away while the others have room, so the first one that is full says what the whole service takes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from simulator.errors import quoted
from simulator.model.base import Model
from simulator.model.quantity import Dollars, Fraction

AWS_REGION = r"^[a-z]{2}(-[a-z]+)+-\d$"


class Region(Model):
    """One copy of the whole service, and the share of all requests it answers."""

    name: str = Field(min_length=1, max_length=100, description="as stages name it, such as eu-west-1")
    share: Fraction = Field(description="of all requests, as in 60 %")
    prices: dict[str, Dollars] = Field(
        default_factory=dict, description="prices of one's own in this region, by id, over those of the scenario"
    )

    def priced_as(self, otherwise: str) -> str:
        """Region whose prices and quotas hold here: its own where it has AWS's name, else the scenario's."""
        return self.name if re.match(AWS_REGION, self.name) else otherwise


def takes(each: float | None, regions: Sequence[Region]) -> float | None:
    """Requests per second of all that come when the first region is full, each copy answering so many.

    >>> takes(600.0, [Region(name="eu-west-1", share=0.6), Region(name="us-east-1", share=0.4)]), takes(600.0, ())
    (1000.0, 600.0)
    """
    if each is None or not regions:
        return each
    return each / max(region.share for region in regions)


def _add_up(regions: tuple[Region, ...]) -> tuple[Region, ...]:
    names = [region.name for region in regions]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two regions are called {quoted(name)}; give each a name of its own")
    total = sum(region.share for region in regions)
    if regions and abs(total - 1) > 1e-9:
        raise ValueError(f"the shares of the regions add up to {total * 100:.6g} %; write shares of 100 % in all")
    return regions


Regions = Annotated[
    tuple[Region, ...],
    AfterValidator(_add_up),
    Field(max_length=40, description="copies of this service in several Regions; left out, there is one"),
]
