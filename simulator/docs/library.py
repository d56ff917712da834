"""The index of the scenario library: what people say, where it is simulated, and what came out.

Words come from the table of claims and from the scenarios themselves, numbers from ``measured.csv`` beside the index,
which `measure` writes. So writing the page simulates nothing, and a test can ask the engine for the numbers again.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import simulator
from simulator.analysis import Criterion
from simulator.analysis.words import quantity
from simulator.docs.claims import CLAIMS, Claim
from simulator.estimate import Estimate, Probability
from simulator.scenario.copying import examples
from simulator.scenario.shipped import known

FOLDER = Path(__file__).resolve().parents[2] / "scenarios" / "library"
MEASURED = "measured.csv"
REPLICATIONS, SEED = 400, 1
_CENT = 0.01
_HEAD = ("scenario", "strategy", "metric", "statistic", "given", "value", "low", "high", "replications", "chance")


@dataclass(frozen=True, slots=True)
class Number:
    """One number of the index: a strategy of a scenario, by one criterion."""

    scenario: str
    strategy: str
    criterion: Criterion

    @property
    def key(self) -> tuple[str, ...]:
        """What names it in the file of what was measured."""
        return (self.scenario, self.strategy, self.criterion.metric, self.criterion.statistic, self.criterion.given)


def numbers(claim: Claim) -> list[Number]:
    """Numbers that a row of the index shows.

    >>> row = Claim("C0", "said", "confirmed", "web-fleet", ("duration_s p95 good: half-at-a-time",))
    >>> numbers(row)[0].key
    ('web-fleet', 'half-at-a-time', 'duration_s', 'p95', 'good')
    """
    return [
        Number(claim.scenario, strategy, criterion)
        for line in claim.numbers
        for criterion, strategies in [_read(line)]
        for strategy in strategies
    ]


def _read(line: str) -> tuple[Criterion, list[str]]:
    words, _, strategies = line.partition(": ")
    metric, *rest = words.split()
    given = next((word for word in rest if word in ("good", "bad", "overall")), "overall")
    statistic = next((word for word in rest if word not in ("good", "bad", "overall")), "mean")
    return Criterion(metric, statistic, given), strategies.split(", ")  # type: ignore[arg-type]  # one of the three


def wanted() -> dict[str, list[Number]]:
    """Every number of the index, by scenario."""
    found: dict[str, dict[tuple[str, ...], Number]] = {}
    for claim in CLAIMS:
        for number in numbers(claim):
            found.setdefault(number.scenario, {})[number.key] = number
    return {scenario: list(of.values()) for scenario, of in found.items()}


def estimates(scenario: str, replications: int, seed: int) -> dict[tuple[str, ...], Estimate]:
    """Ask the engine for the numbers of one scenario."""
    loaded = simulator.load(known()[scenario])
    comparison = simulator.compare(loaded, replications=replications, seed=seed, workers=1)
    found = {}
    for number in wanted()[scenario]:
        estimate = number.criterion.estimate(comparison.samples[number.strategy])
        if estimate is None:
            raise ValueError(f"{' '.join(number.key)}: applies to no run")
        found[number.key] = estimate
    return found


def measure(names: Sequence[str] = ()) -> None:
    """Simulate every scenario whose numbers the index shows, or those named, and write what was measured."""
    kept = measured()
    rows: dict[tuple[str, ...], Estimate] = {}
    for scenario, of in wanted().items():
        fresh = not names or scenario in names or any(number.key not in kept for number in of)
        rows |= estimates(scenario, REPLICATIONS, SEED) if fresh else {number.key: kept[number.key] for number in of}
    with (FOLDER / MEASURED).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_HEAD)
        for key, found in sorted(rows.items()):
            ends = (f"{end:.6g}" for end in (found.value, found.low, found.high))
            writer.writerow((*key, *ends, found.replications, "yes" if isinstance(found, Probability) else ""))


def measured() -> dict[tuple[str, ...], Estimate]:
    """What was measured last, by its key."""
    path = FOLDER / MEASURED
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    return {tuple(row[:5]): _estimate(row[5:]) for row in rows}


def _estimate(row: list[str]) -> Estimate:
    value, low, high, replications, chance = row
    kind = Probability if chance else Estimate
    return kind(float(value), float(low), float(high), 0.95, int(replications))


# ------------------------------------------------------------------------------------------------ the page


def index() -> str:
    """Text of ``scenarios/library/index.md``."""
    small = {example.name: example.teaches for example in examples(small=True)}
    teaching = {example.name: example.teaches for example in examples()}
    lines = [
        "# The scenario library",
        "",
        "What people say about rolling out with AWS CodeDeploy, and what the model answers. Each scenario of this",
        "folder is small and about one thing; those beside it teach more at once. A name works from any folder, as in",
        "`rollsim compare hook-hangs`; `rollsim examples hook-hangs` makes a copy to change.",
        "",
        f"Numbers are means of {REPLICATIONS} runs of each strategy with their 95 % intervals, unless they say",
        "otherwise, from `measured.csv`. They are about the world that the scenario states: put your own figures in",
        "before you decide on them. `python -m simulator.docs --measure` simulates them again and writes this page",
        "from `simulator/docs/claims/` and the scenarios; a test asks for them anew.",
        "",
        "| | what is said | what the model says | scenario |",
        "|---|---|---|---|",
        *(_row(claim, small, teaching) for claim in CLAIMS),
        "",
    ]
    return "\n".join(lines)


def _row(claim: Claim, small: dict[str, str], teaching: dict[str, str]) -> str:
    if not claim.scenario:
        return f"| {claim.id} | {claim.said} | **{claim.answer}.** {claim.remark} | |"
    teaches = {**small, **teaching}[claim.scenario]
    place = claim.scenario if claim.scenario in small else f"../{claim.scenario}"
    parts = [f"**{claim.answer}.**", claim.remark or f"{teaches[:1].upper()}{teaches[1:]}."]
    told = "<br>".join((" ".join(part for part in parts if part), *_told(claim)))
    return f"| {claim.id} | {claim.said} | {told} | [{claim.scenario}]({place}.yaml) |"


def _told(claim: Claim) -> Iterator[str]:
    known_numbers = measured()
    for line in claim.numbers:
        criterion, strategies = _read(line)
        found = [
            (strategy, known_numbers.get(Number(claim.scenario, strategy, criterion).key)) for strategy in strategies
        ]
        said = (f"{strategy} {_text(estimate, criterion.unit)}" for strategy, estimate in found if estimate)
        label = criterion.label.removeprefix("mean ")
        yield f"{label[:1].upper()}{label[1:]}: {'; '.join(said)}"


def _text(estimate: Estimate, unit: str) -> str:
    """Write a number, without an interval that its digits do not show."""
    if unit == "USD" and estimate.high < _CENT:
        return "under 0.01 USD"
    said = quantity(estimate, unit)
    value, bracket, ends = said.partition(" [")
    same = set(ends.rstrip("]").split(", ")) in ({value}, {value.removesuffix(f" {unit}")})
    return value if bracket and (same or estimate.low == estimate.high) else said
