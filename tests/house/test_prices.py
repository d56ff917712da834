"""The price book: decimals with a source each, equal to the reference where that is at hand."""

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.fixture(scope="module")
def book(repository: Path) -> dict[str, Any]:
    text = (repository / "simulator" / "data" / "prices.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def test_ids_are_unique(book: dict[str, Any]) -> None:
    counts = Counter(row["id"] for row in book["prices"])
    assert [name for name, count in counts.items() if count > 1] == []


def test_every_value_is_text_that_reads_as_an_exact_decimal(book: dict[str, Any]) -> None:
    for row in book["prices"]:
        assert isinstance(row["value"], str), row["id"]
        assert Decimal(row["value"]) >= 0
        assert row["unit"].startswith("USD per ")


def test_every_price_has_a_source_a_book_a_confidence_and_a_day(book: dict[str, Any]) -> None:
    for row in book["prices"]:
        assert row["source"] in book["sources"], row["id"]
        assert row["book"] in book["books"], row["id"]
        assert row["confidence"] in {"high", "medium", "UNCONFIRMED"}
        assert row["as_of"] is None or date.fromisoformat(row["as_of"]) <= date(2026, 9, 30)


def test_every_source_is_used(book: dict[str, Any]) -> None:
    assert set(book["sources"]) == {row["source"] for row in book["prices"]}


def test_instance_rows_are_found_by_their_type(book: dict[str, Any]) -> None:
    rows = [row for row in book["prices"] if row["id"].startswith("ec2-")]
    assert len(rows) > 40
    for row in rows:
        assert row["id"] == "ec2-" + row["instance_type"].replace(".", "-")
        assert row["arch"] in {"x86_64", "arm64"}


def test_the_field_guide_replaces_the_four_codedeploy_fees_and_nothing_else(book: dict[str, Any]) -> None:
    fees = {row["id"] for row in book["prices"] if row["id"].startswith("codedeploy-")}
    assert {row["replaces"] for row in book["prices"] if row["book"] == "field-guide"} == fees
    assert all("replaces" not in row for row in book["prices"] if row["book"] == "aws-list")


def test_codedeploy_is_free_but_for_on_premises_instances(book: dict[str, Any]) -> None:
    """AWS CodeDeploy pricing page: free on EC2, Lambda and ECS; 0.02 USD an on-premises update."""
    fee = {row["id"]: Decimal(row["value"]) for row in book["prices"]}
    assert fee["codedeploy-onprem"] == Decimal("0.02")
    assert {fee[f"codedeploy-{where}"] for where in ("ec2", "lambda", "ecs")} == {Decimal(0)}


def test_prices_equal_the_reference(book: dict[str, Any], shared: Path) -> None:
    reference = yaml.safe_load((shared / "reference" / "prices.yaml").read_text(encoding="utf-8"))
    kept = ("value", "unit", "book", "as_of", "confidence", "instance_type", "arch")
    ours = {row["id"]: {key: row.get(key) for key in kept} for row in book["prices"]}
    assert ours == {row["id"]: {key: row.get(key) for key in kept} for row in reference["prices"]}
