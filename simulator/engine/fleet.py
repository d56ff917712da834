"""The fleet's state, kept as counters so that no change costs a scan.

The one thing a newcomer would get wrong: being registered, being healthy in the load balancer's eyes, and
actually answering are three different things, and harm lives in the differences.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from simulator.engine.groups import Targets
from simulator.model.flow import FleetState
from simulator.model.service import LoadBalancer

REGISTERED, HEALTHY, ANSWERS, NEW = 1, 2, 4, 8
IN_SERVICE = REGISTERED | HEALTHY
SERVING = IN_SERVICE | ANSWERS
SERVING_NEW, IN_SERVICE_NEW = SERVING | NEW, IN_SERVICE | NEW


def effects_of(revision: str, crashes: bool) -> dict[str, tuple[int, int, str, bool]]:
    """Bits that a step sets and clears on a target, the word of its record, and whether the revision arrives."""
    new, old = (NEW, 0) if revision == "new" else (0, NEW)
    answers, dead = (0, ANSWERS) if crashes else (ANSWERS, 0)
    return {
        "leaves": (0, IN_SERVICE, "leaves", False),
        "down": (0, ANSWERS, "down", False),
        "registers": (REGISTERED | answers | new, dead | old, "up", True),
        "up": (IN_SERVICE | answers | new, dead | old, "up", True),
        "returns": (IN_SERVICE | answers | new, dead | old, "returns", True),
        "starts": (0, 0, "starts", False),
    }


@dataclass(frozen=True, slots=True)
class Outage:
    """A zone is gone from an instant to another one."""

    zone: int
    begins: float
    ends: float


@dataclass(slots=True)
class Sides:
    """A deployment group that is replaced: its instances, and what blue/green keeps beside them.

    Parameters
    ----------
    group : list of int
        Targets that are to serve.
    aside : list of int
        Instances of the latest deployment outside the group.
    serves : str or None
        Revision for which those aside can take traffic at once, since they have; None for none. CodeDeploy knows
        nothing of them any more.
    found : list of int
        Replacements that existed already and that a deployment has taken.
    """

    group: list[int]
    aside: list[int] = field(default_factory=list)
    serves: str | None = None
    found: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Dark:
    """A host whose zone is gone: whether it answers once it is back, and whether its checks have failed by then."""

    answers: bool
    missed: bool


class Fleet:
    """Targets with their state bits, and how many there are of each combination.

    Without a load balancer every target always receives requests; bits REGISTERED and HEALTHY then stay set.
    """

    outages: tuple[Outage, ...] = ()
    ages = False  # whether what a target takes or answers hangs on how new it is
    scales = False  # whether targets come and go with an Auto Scaling group

    def __init__(self, size: int, load_balancer: LoadBalancer | None, fail_open_initial: bool = True) -> None:
        self.size = self.serving = size  # `serving` of them would be in service without any deployment
        self.fail_open_initial = fail_open_initial
        self.balanced = load_balancer is not None
        self.fails_open = load_balancer is None or load_balancer.kind != "classic"
        self.open = False  # nobody is healthy
        # Registered targets that do not answer and have not failed enough checks yet to be called unhealthy.
        self.first_checks: set[int] = set()
        # Those that answer and were called unhealthy all the same: the check is set up wrongly, or sees errors.
        self.misjudged: set[int] = set()
        self.bits = [SERVING] * size
        self.count = [0] * 16
        self.count[SERVING] = size
        # What the host holds: the revision whose Install finished last, and until when a script runs on.
        # An empty name stands for nothing yet.
        self.installed = ["old"] * size
        self.downloaded = ["old"] * size
        self.alive = [True] * size
        self.dark: dict[int, Dark] = {}  # hosts whose zone is gone, none of them alive
        self.recovering: dict[int, float] = {}  # hosts that are back, and when they have passed enough checks
        self.dead_agents: set[int] = set()  # of targets whose agent takes up nothing, though they serve
        self.busy_until = [-math.inf] * size
        # CodeDeploy's own view: result of the last deployment to the instance.
        self.unhealthy = [False] * size
        self.touched = [False] * size
        # Targets that do not serve at zero and never have since; nobody misses them.
        self.absent: set[int] = set()
        # Which deployment's effects may still reach the target: later ones take it over.
        self.generation = [0] * size
        # Targets of all deployment groups, those that are to serve; blue/green puts others in their place.
        self.group = list(range(size))
        self._sides: dict[Targets, Sides] = {}
        # Instances that exist of those at zero, and of those that deployments launched.
        self.originals, self.launched = size, 0

    def take_out(self, targets: Iterable[int]) -> None:
        """Let targets not serve from zero on."""
        for target in targets:
            self.count[self.bits[target]] -= 1
            self.count[0] += 1
            self.bits[target] = 0
            self.absent.add(target)

    def change(self, target: int, set_bits: int = 0, clear_bits: int = 0) -> bool:
        """Set and clear bits of a target; whether anything changed."""
        before = self.bits[target]
        if not self.balanced:
            clear_bits &= ~IN_SERVICE
        after = (before | set_bits) & ~clear_bits
        return after != before and self.move(target, after)

    def move(self, target: int, bits: int) -> bool:
        """Give a target, which has others, these bits; True."""
        self.count[self.bits[target]] -= 1
        self.count[bits] += 1
        self.bits[target] = bits
        return True

    def remove(self, target: int) -> None:
        """Take a target away, also where no load balancer spreads the requests."""
        if self.bits[target]:
            self.move(target, 0)

    def members(self) -> list[int]:
        """Targets of a deployment to the whole fleet."""
        return sorted(self.group) if self.scales else list(range(self.size))

    @property
    def places(self) -> int:
        """Rows of draws that a deployment to the fleet has: a target's number is the place of its row."""
        return len(self.bits) if self.scales else self.size

    def ageing(self, instant: float, target: int, what: str) -> None:
        """Note that a target's application starts, or that it is about to turn healthy: nothing, where none ages."""

    @property
    def plain(self) -> bool:
        """Whether a step of a target does nothing but change its bits."""
        return self.balanced and self.fail_open_initial and not (self.ages or self.first_checks)

    def receivers(self) -> FleetState:
        """Whom requests are sent to."""
        return FleetState(*self.receiving())

    def receiving(self) -> tuple[int, int, int, int]:
        """How many receive requests, as in `FleetState`: the healthy; with none, all registered.

        That is to fail open; a classic load balancer does not.
        """
        count = self.count
        old, new = count[SERVING], count[SERVING_NEW]
        dead_old, dead_new = count[IN_SERVICE], count[IN_SERVICE_NEW]
        self.open = not (old or new or dead_old or dead_new)
        if self.open and self.fails_open:
            dead_old, dead_new = count[REGISTERED], count[REGISTERED | NEW]
            # Registered targets that answer without being healthy are in their first checks.
            if self.fail_open_initial:
                old, new = count[REGISTERED | ANSWERS], count[REGISTERED | ANSWERS | NEW]
            elif self.misjudged:
                old, new = self._refused(REGISTERED | ANSWERS), self._refused(REGISTERED | ANSWERS | NEW)
        return old, new, dead_old, dead_new

    def health(self) -> tuple[int, int]:
        """Targets that the load balancer sees as healthy, and as unhealthy; those in their first checks are neither."""
        healthy = sum(self.count[IN_SERVICE | rest] for rest in (0, ANSWERS, NEW, ANSWERS | NEW))
        unhealthy = self.count[REGISTERED] + self.count[REGISTERED | NEW] - len(self.first_checks)
        if self.misjudged:
            unhealthy += self._refused(REGISTERED | ANSWERS) + self._refused(REGISTERED | ANSWERS | NEW)
        return healthy, unhealthy

    def _refused(self, bits: int) -> int:
        """Misjudged targets in a state."""
        return sum(self.bits[target] == bits for target in self.misjudged)

    def unserving(self) -> list[int]:
        """Targets of the group that are out of service or do not answer, and that somebody could repair."""
        out = [target for target in self.group if self.bits[target] & SERVING != SERVING]
        return [target for target in out if target not in self.absent and target not in self.dark]

    def zone_is_out(self) -> bool:
        """Whether hosts are gone with their zone."""
        return bool(self.dark)

    def silent(self) -> list[int]:
        """Targets on which a deployment failed since their agent does not answer."""
        return [target for target in sorted(self.dead_agents) if self.unhealthy[target]]

    def sides(self, targets: Targets) -> Sides:
        """Sides of the deployment group that had these targets at zero; None for the whole fleet."""
        if targets not in self._sides:
            self._sides[targets] = Sides(list(range(self.size)) if targets is None else list(targets))
        return self._sides[targets]

    def kept(self, targets: Targets) -> list[int]:
        """Originals of a deployment group that stand beside it and can take traffic for the previous revision."""
        sides = self._sides.get(targets)
        if sides is None or sides.serves != "old":
            return []
        return [target for target in sides.aside if self.alive[target]]

    def replace(self, sides: Sides, group: list[int]) -> None:
        """Let other targets be a deployment group from now on."""
        left = set(sides.group)
        self.group = [target for target in self.group if target not in left] + group
        sides.group = group

    def extend(self, size: int) -> int:
        """Add so many targets, none of them there yet; the number of the first."""
        first = len(self.bits)
        self.bits += [0] * size
        self.count[0] += size
        self.installed += [""] * size
        self.downloaded += [""] * size
        self.alive += [False] * size
        self.busy_until += [-math.inf] * size
        self.unhealthy += [False] * size
        self.touched += [False] * size
        self.generation += [0] * size
        return first

    def one_revision_but_given_up(self) -> bool:
        """Whether the targets in service run one revision, those that CodeDeploy holds Unhealthy aside."""
        sides = {
            bits & NEW
            for bits, given_up in zip(self.bits, self.unhealthy, strict=True)
            if bits & IN_SERVICE == IN_SERVICE and not given_up
        }
        return len(sides) == 1
