"""Recorded traffic and prices of one's own, read from files."""

from __future__ import annotations

import pytest

from simulator.errors import ImportFailure
from simulator.importers import price_file, traffic


def written(folder, text: str, name: str = "file.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_times_from_the_start_and_times_of_day(tmp_path):
    assert traffic.read(written(tmp_path, "time_s,rate\n0,100\n600,120.5\n")) == {"0 s": "100/s", "600 s": "120.5/s"}
    text = "clock, host, rate\n09:00,a,10\n10:05:30,b,20\n"
    assert traffic.read(written(tmp_path, text)) == {"09:00": "10/s", "10:05:30": "20/s"}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("time,rate\n0,1\n", 1, "write time_s,rate (seconds from the start) or clock,rate (time of day)"),
        ("time_s,requests\n0,1\n", 1, "the first line names no columns of time and rate"),
        ("time_s,rate\n", 1, "no rates under the first line; add them"),
        ("time_s,rate\n0,ten\n", 2, "'ten' is not a number from 0 on; write for example 12.5"),
        ("time_s,rate\n0,-1\n", 2, "'-1' is not a number from 0 on"),
        ("time_s,rate\n0,1\n60\n", 3, "'' is not a number from 0 on"),
        ("time_s,rate\n0,1\n0,2\n", 3, "'0 s' is given twice; keep one"),
        ("clock,rate\n24:30,1\n", 2, "'24:30' is not a time of day; write for example 18:30, or the column time_s"),
        ("time_s,rate\n" + "".join(f"{at},1\n" for at in range(5001)), 5002, "more than 5000 rates; write fewer"),
    ],
)
def test_a_recording_that_cannot_be_read_is_refused_with_its_line(tmp_path, text, line, said):
    with pytest.raises(ImportFailure) as refused:
        traffic.read(written(tmp_path, text))
    (problem,) = refused.value.problems
    assert problem.line == line
    assert said in problem.message


def test_prices_by_id(tmp_path):
    path = written(tmp_path, "s3-get: 0.0000004 USD\nec2-m6i-large: $0.08\n", "prices.yaml")
    assert price_file.read(path) == {"s3-get": "0.0000004 USD", "ec2-m6i-large": "$0.08"}


def test_every_price_that_cannot_be_read_is_told_with_its_line(tmp_path):
    path = written(tmp_path, "a: 0.5\nb: cheap\nc: -1 USD\nd: [1]\n", "prices.yaml")
    with pytest.raises(ImportFailure) as refused:
        price_file.read(path)
    assert [(problem.line, problem.message) for problem in refused.value.problems] == [
        (1, "'a': a bare number is not an amount; write 0.5 USD, as in 12.50 USD"),
        (2, "'b': 'cheap' is not an amount; write for example 12.50 USD"),
        (3, "'c': a price is not below zero; write for example 0.02 USD"),
        (4, "'d': an amount is wanted here; write for example 0.02 USD"),
    ]
