"""Random scenarios for properties: everything that a scenario can say, within reason."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from simulator.model.scenario import Scenario
from tests.worlds import STILL

SCRIPTED = ("BeforeBlockTraffic", "ApplicationStop", "BeforeInstall", "AfterInstall", "ApplicationStart",
            "ValidateService", "AfterAllowTraffic")  # fmt: skip

chances = st.sampled_from([0.05, 0.3, 1.0])
seconds = st.one_of(
    st.sampled_from([0.0, 1.0, 30.0, 300.0, 4000.0]),
    st.builds(lambda median, spread: {"median": median, "sigma": spread}, st.floats(1, 200), st.floats(0.1, 1.2)),
    st.builds(lambda low, more: {"uniform": [low, low + more]}, st.floats(0, 60), st.floats(0, 60)),
)
people = st.sampled_from(
    [
        None,
        {},
        {"notice": 60.0, "acknowledge": 30.0, "decide": 30.0, "act": 0.0, "repair": 60.0},
        {
            "notice": 600.0,
            "acknowledge": 0.0,
            "decide": 0.0,
            "act": 300.0,
            "repair": 900.0,
            "usd_per_hour": 90.0,
        },
    ]
)
defects = st.sampled_from(
    [
        [{"kind": "errors", "share": 0.02}],
        [{"kind": "errors", "share": 1.0}],
        [{"kind": "crash_at_start"}],
        [{"kind": "slow", "factor": 3.0}],
        [{"kind": "errors", "share": 0.3}, {"kind": "crash_at_start"}, {"kind": "slow", "factor": 1.5}],
    ]
)
traffics = st.builds(
    lambda rate, daily, baseline: {"rate": rate, "daily": daily, "baseline_errors": baseline},
    st.sampled_from([0.0, 0.5, 40.0, 300.0, 2000.0]),
    st.sampled_from([{}, {"00:00": 0.2, "10:05": 1.0, "10:30": 0.4, "18:00": 0.0}]),
    st.sampled_from([0.0, 0.01, 0.5]),
)
rarer = (
    {"kind": "agent_dead", "target": 0},
    {"kind": "agent_dead", "probability": 0.2},
    {"kind": "health_check_failure", "probability": 0.3},
    {"kind": "zone_outage", "zone": 1, "at": 50.0, "lasts": 100.0},
    {"kind": "zone_outage", "zone": 1, "at": 400.0, "lasts": 2000.0, "probability": 0.5},
)
rollbacks = st.lists(
    st.sampled_from(["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]),
    unique=True,
)


@st.composite
def hooks_of(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    """Some events with one or two scripts each."""
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=3))
    scripts = st.lists(
        st.builds(lambda timeout: {"timeout": timeout}, st.sampled_from([20.0, 900.0, 3600.0])),
        min_size=1,
        max_size=2,
    )
    return {
        name: {
            "scripts": draw(scripts),
            "failure": draw(st.sampled_from([0.0, 0.0, 0.1])),
            "probes": draw(st.sampled_from([0, 3])),
        }
        for name in chosen
    }


@st.composite
def hook_faults(draw: st.DrawFn, hooks: dict[str, Any], size: int) -> list[dict[str, Any]]:
    """Faults at the hooks there are."""
    if not hooks:
        return []
    found = []
    for _ in range(draw(st.integers(0, 2))):
        fault = {
            "kind": draw(st.sampled_from(["hook_failure", "hook_hang"])),
            "event": draw(st.sampled_from(sorted(hooks))),
            "on": draw(st.sampled_from(["deployment", "rollback", "both"])),
        }
        if draw(st.booleans()):
            found.append({**fault, "probability": draw(chances)})
        else:
            found.append({**fault, "target": draw(st.integers(0, size - 1))})
            if fault["kind"] == "hook_failure" and draw(st.booleans()):
                found[-1]["at"] = draw(st.floats(0, 2000))
    return found


@st.composite
def server_worlds(draw: st.DrawFn, **fixed: Any) -> Scenario:
    """A fleet under one strategy; `fixed` replaces fields of the scenario."""
    size = draw(st.integers(1, 12))
    configuration = draw(
        st.one_of(
            st.sampled_from([f"CodeDeployDefault.{name}" for name in ("AllAtOnce", "OneAtATime", "HalfAtATime")]),
            st.builds(floor, st.just("HOST_COUNT"), st.integers(0, size - 1)),
            st.builds(floor, st.just("FLEET_PERCENT"), st.integers(0, 99)),
        )
    )
    if size == 1:
        configuration = draw(st.sampled_from(["CodeDeployDefault.AllAtOnce", "CodeDeployDefault.OneAtATime"]))
    if isinstance(configuration, dict) and -(-size * configuration["minimum_healthy_hosts"]["value"] // 100) >= size:
        configuration = "CodeDeployDefault.HalfAtATime"
    zones, on_premises = draw(st.integers(1, 3)), draw(st.booleans())
    if isinstance(configuration, dict) and not on_premises and draw(st.booleans()):
        configuration = {**configuration, "zonal": draw(zonals(size // zones))}
    balancer = draw(
        st.one_of(
            st.none(),
            st.builds(
                lambda kind, delay, probes: {
                    "kind": kind,
                    "deregistration_delay": delay,
                    "health_check": {"interval": 10.0, "probes": probes},
                },
                st.sampled_from(["application", "classic"]),
                st.sampled_from([0.0, 60.0, 300.0]),
                st.sampled_from([0, 5]),
            ),
        )
    )
    fleet: dict[str, Any] = {
        "size": size,
        "zones": zones,
        "capacity": draw(st.sampled_from([None, 60.0])),
        "on_premises": on_premises,
        "initially": draw(unwell(size)),
    }
    if fleet["capacity"] is not None and draw(st.integers(0, 3)) == 3:
        fleet["warm_up"] = {
            "lasts": draw(st.sampled_from([60.0, 900.0])),
            "capacity": draw(st.sampled_from([0.0, 0.4])),
        }
    if not (on_premises or fleet["initially"]) and draw(st.integers(0, 3)) == 3:
        fleet["auto_scaling"] = draw(scalings(size))
    if balancer is not None and balancer["kind"] == "application":
        young = [{}, {}, {"slow_start": 300.0}, {"algorithm": "least_outstanding_requests"}]
        balancer |= draw(st.sampled_from(young))
    hooks = draw(hooks_of(SCRIPTED if balancer is not None else SCRIPTED[1:-1]))
    named = draw(st.lists(st.sampled_from((*SCRIPTED, "Install", "DownloadBundle", "AllowTraffic")), max_size=4))
    faults = draw(hook_faults(hooks, size))
    if draw(st.booleans()):
        faults.append({"kind": "download_failure", "probability": draw(chances), "attempts": draw(st.integers(1, 3))})
    if draw(st.booleans()):
        faults.append({"kind": "rollback_failure", "probability": draw(st.sampled_from([0.2, 1.0]))})
    if draw(st.booleans()):
        faults.append({"kind": "instance_crash", "rate": draw(st.sampled_from([1e-5, 1e-3]))})
    if draw(st.booleans()):
        at = draw(st.floats(0, 5000))
        faults.append({"kind": "instance_crash", "target": draw(st.integers(0, size - 1)), "at": at})
    faults += draw(st.lists(st.sampled_from(rarer), unique_by=str, max_size=2))
    if any(fault["kind"] == "zone_outage" for fault in faults):
        fleet.pop("auto_scaling", None)  # refused together
    alarm = {
        "name": "errors",
        "metric_name": "HTTPCode_Target_5XX_Count",
        "threshold": draw(st.sampled_from([0.0, 50.0])),
        "treat_missing_data": draw(st.sampled_from(["notBreaching", "missing", "ignore"])),
        "state": draw(st.sampled_from(["OK", "OK", "ALARM"])),
        "pages": draw(st.booleans()),
    }
    return draw(
        settings_of(
            {
                "platform": "server",
                "fleet": fleet,
                "load_balancer": balancer,
                "lifecycle": {"hooks": hooks, "durations": {name: draw(seconds) for name in named}},
            },
            configuration,
            faults,
            alarm,
            {
                "dispatch": draw(st.sampled_from(["batch", "window"])),
                "rollback_scope": draw(st.sampled_from(["all", "touched"])),
                "fail_open_initial": draw(st.sampled_from(["yes", "no"])),
                "start_hook_sees_crash": draw(st.sampled_from(["yes", "no"])),
                "block_traffic": draw(st.sampled_from(["by_kind", "drained", "formula"])),
                "allow_traffic": draw(st.sampled_from(["threshold", "first_pass"])),
                "stopped_hosts": draw(st.sampled_from(["from_the_start", "when_tried"])),
                "rollback_ignores_stop_failures": draw(st.sampled_from(["yes", "no"])),
            },
            {"ignore_application_stop_failures": draw(st.booleans()), **fixed},
        )
    )


@st.composite
def alias_worlds(draw: st.DrawFn, **fixed: Any) -> Scenario:
    """A Lambda alias under one strategy; `fixed` replaces fields of the scenario."""
    percentage, interval = draw(st.integers(1, 99)), draw(st.sampled_from([60.0, 600.0, 1620.0]))
    kind = draw(st.sampled_from(["TimeBasedCanary", "TimeBasedLinear", "AllAtOnce"]))
    routing: dict[str, Any] = {"type": kind}
    if kind != "AllAtOnce":
        field = "time_based_canary" if kind == "TimeBasedCanary" else "time_based_linear"
        routing[field] = {"percentage": percentage, "interval": interval}
    hooks = draw(hooks_of(("BeforeAllowTraffic", "AfterAllowTraffic")))
    alarm = {
        "name": "errors", "metric_name": "Errors", "threshold": draw(st.sampled_from([0.0, 50.0])),
        "evaluation_periods": draw(st.integers(1, 3)), "treat_missing_data": "notBreaching",
    }  # fmt: skip
    faults = draw(hook_faults(hooks, 1))
    if draw(st.booleans()):
        faults.append({"kind": "rollback_failure", "probability": draw(st.sampled_from([0.2, 1.0]))})
    concurrency = draw(st.sampled_from([{}, {"concurrency": 30, "request_duration": 0.1}]))
    return draw(
        settings_of(
            {
                "platform": "lambda",
                "lifecycle": {"hooks": hooks, "durations": {name: draw(seconds) for name in hooks}},
                **concurrency,
            },
            {"name": "shift", "compute_platform": "Lambda", "traffic_routing": routing},
            faults,
            alarm,
            {},
            fixed,
        )
    )


@st.composite
def settings_of(
    draw: st.DrawFn,
    service: dict[str, Any],
    configuration: Any,
    faults: list[dict[str, Any]],
    alarm: dict[str, Any],
    assumptions: dict[str, Any],
    fixed: dict[str, Any],
) -> Scenario:
    """What servers and functions have in common."""
    fields = {
        "name": "any",
        "service": service,
        "traffic": draw(traffics),
        "revision": {"bad": 0.5, "defects": draw(defects)},
        "alarms": [alarm] if draw(st.booleans()) else [],
        "rollback": {"events": draw(rollbacks)},
        "faults": faults,
        "people": draw(people),
        "slo": {"objective": 0.999, "usd_per_failed_request": 0.01},
        "assumptions": {**(STILL if draw(st.booleans()) else {}), **assumptions},
        "strategies": [{"name": "only", "configuration": configuration}],
        "horizon": draw(st.sampled_from([86_400.0, 20_000.0])),
        **fixed,
    }
    return Scenario.model_validate(fields).under("only")


@st.composite
def unwell(draw: st.DrawFn, size: int) -> dict[str, Any]:
    """Now and then some hosts that are stopped or unhealthy from the start."""
    if not draw(st.sampled_from([False, False, True])):
        return {}
    stopped = draw(st.integers(0, min(2, size)))
    unhealthy = draw(st.integers(0, min(3, size - stopped)))
    return {"stopped": stopped, "unhealthy": unhealthy, "unhealthy_serve": draw(st.booleans())}


@st.composite
def scalings(draw: st.DrawFn, size: int) -> dict[str, Any]:
    """Launches during or after the rollout, and terminations that leave somebody."""
    instants = st.integers(0, 2000).map(float)
    some = {"at": draw(instants), "instances": draw(st.integers(1, 3))}
    scaling: dict[str, Any] = {"scale_out": [some], "outdated_instances": draw(st.sampled_from(["UPDATE", "IGNORE"]))}
    if size > 1 and draw(st.booleans()):
        scaling["scale_in"] = [{"at": draw(instants), "instances": draw(st.integers(1, size - 1))}]
        scaling["termination_hook"] = draw(st.booleans())
    return scaling


@st.composite
def zonals(draw: st.DrawFn, smallest: int) -> dict[str, Any]:
    """A zonal configuration that lets somebody start in the smallest zone."""
    value = draw(st.integers(0, max(smallest - 1, 0)))
    waits = st.sampled_from([0.0, 60.0, 600.0])
    return {
        "monitor_duration": draw(waits),
        "first_zone_monitor_duration": draw(st.one_of(st.none(), waits)),
        "minimum_healthy_hosts_per_zone": {"type": "HOST_COUNT", "value": value},
    }


def floor(kind: str, value: int) -> dict[str, Any]:
    """A custom Server configuration."""
    return {"name": "floor", "minimum_healthy_hosts": {"type": kind, "value": value}}


worlds = st.one_of(server_worlds(), server_worlds(), alias_worlds())
