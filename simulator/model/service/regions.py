"""Copies of the service in several Regions, each with its share of the requests."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from simulator.errors import quoted
from simulator.model.base import Model
from simulator.model.quantity import Fraction


class Region(Model):
    """One copy of the whole service, and the share of all requests it answers."""

    name: str = Field(min_length=1, max_length=100, description="as stages name it, such as eu-west-1")
    share: Fraction = Field(description="of all requests, as in 60 %")


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
