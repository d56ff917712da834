"""Fleets that are replaced blue/green: one in a few lines for the tests that state times, and random ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from simulator.model.scenario import Scenario
from tests.engine.any_world import SCRIPTED, chances, floor, hook_faults, hooks_of, seconds, settings_of
from tests.worlds import P1_TIMES, STILL

LAUNCH = {"instance_launch": 30.0, "asg_overhead": 60.0}


def a_replaced_fleet(
    size: int = 3,
    configuration: Any = "CodeDeployDefault.AllAtOnce",
    *,
    options: dict[str, Any] | None = None,
    durations: dict[str, Any] | None = None,
    hooks: dict[str, Any] | None = None,
    rate: float | None = None,
    assumptions: dict[str, Any] | None = None,
    deployment_type: str = "blue_green",
    instance_type: str = "m5.large",
    **rest: Any,
) -> Scenario:
    """An EC2 fleet of 100/s each behind a load balancer, at full load unless a rate is given; launches take 90 s."""
    options = {"originals": {"wait": 3600.0}} if options is None else options
    scenario = Scenario.model_validate(
        {
            "name": "a replaced fleet",
            "service": {
                "platform": "server",
                "fleet": {"size": size, "capacity": 100.0, "instance_type": instance_type},
                "load_balancer": {},
                "lifecycle": {"durations": P1_TIMES if durations is None else durations, "hooks": hooks or {}},
            },
            "traffic": {"rate": 100.0 * size if rate is None else rate},
            "revision": {"bad": 0.0},
            "assumptions": {**STILL, **LAUNCH, **(assumptions or {})},
            **({"blue_green": options} if deployment_type == "blue_green" else {}),
            "strategies": [{"name": "only", "configuration": configuration, "deployment_type": deployment_type}],
            **rest,
        }
    )
    return scenario.under("only")


waits = st.sampled_from([0.0, 60.0, 3600.0, 7200.0])
readiness = st.one_of(
    st.just({}),
    st.just({"action": "STOP_DEPLOYMENT", "wait": 1800.0}),
    st.builds(lambda after: {"action": "STOP_DEPLOYMENT", "wait": 1800.0, "continued_after": after}, seconds),
)
endings = st.one_of(
    st.just({"action": "KEEP_ALIVE"}), st.builds(lambda wait: {"action": "TERMINATE", "wait": wait}, waits)
)
all_options = st.builds(
    lambda fleet, ready, originals: {"green_fleet": fleet, "ready": ready, "originals": originals},
    st.sampled_from(["COPY_AUTO_SCALING_GROUP", "DISCOVER_EXISTING"]),
    readiness,
    endings,
)


@st.composite
def configurations(draw: st.DrawFn, size: int) -> Any:
    """AWS's own or a floor of one's own under which somebody can be updated."""
    if size == 1:
        return draw(st.sampled_from(["CodeDeployDefault.AllAtOnce", "CodeDeployDefault.OneAtATime"]))
    named = [f"CodeDeployDefault.{name}" for name in ("AllAtOnce", "OneAtATime", "HalfAtATime")]
    return draw(st.one_of(st.sampled_from(named), st.builds(floor, st.just("HOST_COUNT"), st.integers(0, size - 1))))


@st.composite
def replaced_fleets(draw: st.DrawFn, **fixed: Any) -> Scenario:
    """A random blue/green deployment; `fixed` replaces fields of the scenario."""
    size = draw(st.integers(1, 8))
    hooks = draw(hooks_of(SCRIPTED))
    named = draw(st.lists(st.sampled_from((*SCRIPTED, "Install", "DownloadBundle", "AllowTraffic")), max_size=4))
    faults = draw(hook_faults(hooks, size))
    for kind in ("download_failure", "rollback_failure", "no_capacity"):
        if draw(st.integers(0, 3)) == 0:
            faults.append({"kind": kind, "probability": draw(chances)})
    if draw(st.booleans()):
        faults.append({"kind": "provisioning_slow", "probability": draw(chances), "factor": 3.0})
    if draw(st.booleans()):
        faults.append({"kind": "instance_crash", "rate": draw(st.sampled_from([1e-5, 1e-3]))})
    if draw(st.booleans()):
        at = draw(st.floats(0, 5000))
        faults.append({"kind": "instance_crash", "target": draw(st.integers(0, size - 1)), "at": at})
    probes = draw(st.sampled_from([0, 5]))
    alarm = {
        "name": "errors",
        "metric_name": "HTTPCode_Target_5XX_Count",
        "threshold": draw(st.sampled_from([0.0, 50.0])),
        "treat_missing_data": draw(st.sampled_from(["notBreaching", "missing", "ignore"])),
        "state": draw(st.sampled_from(["OK", "OK", "ALARM"])),
        "pages": draw(st.booleans()),
    }
    strategy = {"name": "only", "configuration": draw(configurations(size)), "deployment_type": "blue_green"}
    return draw(
        settings_of(
            {
                "platform": "server",
                "fleet": {
                    "size": size,
                    "capacity": draw(st.sampled_from([None, 60.0])),
                    "instance_type": "m5.large",
                },
                "load_balancer": {
                    "kind": draw(st.sampled_from(["application", "classic"])),
                    "deregistration_delay": draw(st.sampled_from([0.0, 60.0, 300.0])),
                    "health_check": {"interval": 10.0, "probes": probes},
                },
                "lifecycle": {"hooks": hooks, "durations": {name: draw(seconds) for name in named}},
            },
            strategy["configuration"],
            faults,
            alarm,
            {
                "dispatch": draw(st.sampled_from(["batch", "window"])),
                "blue_green_rollback_order": draw(st.sampled_from(["originals_first", "together"])),
                "green_after_failure": draw(st.sampled_from(["kept", "terminated"])),
                "termination_wait_watches_alarms": draw(st.sampled_from(["yes", "no"])),
                "block_traffic": draw(st.sampled_from(["by_kind", "drained", "formula"])),
                "allow_traffic": draw(st.sampled_from(["threshold", "first_pass"])),
            },
            {"blue_green": draw(all_options), "strategies": [strategy], **fixed},
        )
    )
