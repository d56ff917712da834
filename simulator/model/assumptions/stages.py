"""Rollouts in stages: what happens between one deployment and the next."""

from __future__ import annotations

from simulator.model.assumptions.kinds import Assumption, time

STAGES: tuple[Assumption, ...] = (
    time(
        "stage_handover",
        {"uniform": ["5 s", "60 s"]},
        ("0 s", "10 min"),
        meaning="end of one stage's bake to CreateDeployment of the next",
        why="judgement: a pipeline starts it by itself; give the time of an approval where a person does",
        effect="adds once for each stage but the first",
        source="judgement",
        evidence="guess",
    ),
)
