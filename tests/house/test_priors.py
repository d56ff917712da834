"""The default priors: ordered, sourced, and each law says the same as its three figures."""

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from scipy import stats


@pytest.fixture(scope="module")
def table(repository: Path) -> dict[str, Any]:
    text = (repository / "simulator" / "data" / "priors.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def probability_up_to(law: dict[str, Any], x: float) -> float:
    match law["family"]:
        case "beta":
            return float(stats.beta.cdf(x, law["a"], law["b"]))
        case "lognormal":
            median = law["median"] if "median" in law else math.exp(law["mu"])
            return float(stats.lognorm.cdf(x, law["sigma"], scale=median))
        case "gamma":
            return float(stats.gamma.cdf(x, law["shape"], scale=1 / law["rate"]))
        case "uniform":
            return float(stats.uniform.cdf(x, law["low"], law["high"] - law["low"]))
        case "exponential":
            return float(stats.expon.cdf(x, scale=law["mean"]))
        case "fixed":
            return float(x >= law["value"])
        case "mixture":
            return sum(float(part["weight"]) * probability_up_to(part, x) for part in law["parts"])
    raise AssertionError(f"no law {law['family']}")


def test_ids_are_unique(table: dict[str, Any]) -> None:
    counts = Counter(row["id"] for row in [*table["priors"], *table["context"]])
    assert [name for name, count in counts.items() if count > 1] == []


def test_every_value_lies_between_its_low_and_its_high(table: dict[str, Any]) -> None:
    for row in table["priors"]:
        assert 0 <= row["low"] <= row["value"] <= row["high"], row["id"]
        assert row["unit"] not in {"probability", "fraction"} or row["high"] <= 1, row["id"]


def test_every_row_says_what_it_is_where_it_comes_from_and_how_far_to_trust_it(table: dict[str, Any]) -> None:
    for row in [*table["priors"], *table["context"]]:
        assert row["what"], row["id"]
        assert row["source"], row["id"]
        assert row["evidence"] in {"strong", "weak", "guess"}, row["id"]
        assert row["checked"] in {"read", "partly", "no"}, row["id"]
    assert {row["of"] for row in table["priors"]} == {"constant", "draw"}


def test_a_guess_is_never_said_to_have_been_read(table: dict[str, Any]) -> None:
    guesses = [row for row in table["priors"] if row["evidence"] == "guess"]
    assert [row["id"] for row in guesses if row["checked"] == "read"] == []


def test_each_law_has_its_middle_and_its_ends_where_the_row_puts_them(table: dict[str, Any]) -> None:
    """Low, value and high are the law's 5, 50 and 95 % points, as far as three rounded figures can agree."""
    # Mixtures keep round ends. A triangle is given by its mode and its ends; a choice has no density.
    laws = {row["id"]: row for row in table["priors"] if "distribution" in row}
    for name, row in laws.items():
        if row["distribution"]["family"] in {"triangular", "choice", "fixed"}:
            continue
        at = [probability_up_to(row["distribution"], row[key]) for key in ("low", "value", "high")]
        assert at[0] == pytest.approx(0.05, abs=0.03), name
        assert at[1] == pytest.approx(0.50, abs=0.012), name
        assert at[2] == pytest.approx(0.95, abs=0.051), name


def test_weights_of_mixtures_and_choices_add_up_to_one(table: dict[str, Any]) -> None:
    laws = [row["distribution"] for row in table["priors"] if "distribution" in row]
    parts = [law.get("parts") or law.get("values") for law in laws]
    sums = [sum(part["weight"] for part in several) for several in parts if several]
    assert sums == pytest.approx([1.0] * 3)


def test_the_weakest_are_priors_and_none_of_them_is_strong(table: dict[str, Any]) -> None:
    evidence = {row["id"]: row["evidence"] for row in table["priors"]}
    assert {evidence[name] for name in table["weakest"]} <= {"weak", "guess"}


def test_priors_equal_the_reference(table: dict[str, Any], shared: Path) -> None:
    reference = yaml.safe_load((shared / "reference" / "failure-priors.yaml").read_text(encoding="utf-8"))
    theirs = {row["id"]: row for rows in reference.values() if isinstance(rows, list) for row in rows}
    ours = {row["id"]: row for row in [*table["priors"], *table["context"]]}
    # One entry holds bins of text, no number.
    assert set(theirs) - set(ours) == {"fdrt.tiers"}
    for row in table["priors"]:
        their = theirs[row["id"]]
        assert {key: row[key] for key in ("unit", "low", "high", "evidence")} == {
            key: their[key] for key in ("unit", "low", "high", "evidence")
        }
        if isinstance(their["value"], int | float):
            assert row["value"] == their["value"], row["id"]
        law = their["distribution"].get("parameter") or their["distribution"].get("variate") or {}
        numbers = {key: number for key, number in law.items() if isinstance(number, int | float)}
        assert numbers.items() <= row.get("distribution", {}).items(), row["id"]
    assert reference["meta"]["weakest_inputs"] == table["weakest"]
