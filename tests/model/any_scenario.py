"""Scenarios with everything that a scenario can say, drawn by hypothesis as a file would say it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from simulator import units

_numbers = st.floats(0.001, 1e5, allow_nan=False)
durations = _numbers.map(lambda value: units.text(value, "duration"))
shares = st.floats(0.0, 1.0, allow_subnormal=False).map(lambda value: units.text(value, "share"))
rates = _numbers.map(lambda value: units.text(value, "rate"))
minutes = st.integers(0, 2880).map(lambda value: f"{value} min")
names = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1, max_size=12)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with any of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


blue_green = some(
    green_fleet=st.sampled_from(["COPY_AUTO_SCALING_GROUP", "DISCOVER_EXISTING"]),
    ready=st.one_of(
        st.just({"action": "CONTINUE_DEPLOYMENT"}),
        st.fixed_dictionaries(
            {"action": st.just("STOP_DEPLOYMENT"), "wait": minutes}, optional={"continued_after": durations}
        ),
    ),
    originals=st.one_of(
        st.fixed_dictionaries({"action": st.just("TERMINATE")}, optional={"wait": minutes}),
        st.just({"action": "KEEP_ALIVE"}),
    ),
)
steps = st.lists(st.fixed_dictionaries({"at": durations, "instances": st.integers(1, 2)}), max_size=2)


def _stated(service):
    """The service, without a warm-up where it does not state of what capacity."""
    stated = "capacity" in service.get("task", {})
    return service if stated else {name: value for name, value in service.items() if name != "warm_up"}


warm_up = st.fixed_dictionaries({"lasts": durations, "capacity": shares})
regions = st.sampled_from(
    [
        [],
        [{"name": "west", "share": "60 %"}, {"name": "east", "share": "40 %"}],
        [{"name": "west", "share": "100 %"}],
    ]
)
fleets = st.fixed_dictionaries(
    {
        "size": st.integers(8, 40),
        "zones": st.integers(1, 3),
        "instance_type": st.just("m6i.large"),
        "capacity": rates,
    },
    optional={
        "initially": some(stopped=st.integers(0, 3), unhealthy=st.integers(0, 3)),
        "warm_up": warm_up,
        "auto_scaling": some(
            scale_out=steps,
            scale_in=steps,
            outdated_instances=st.sampled_from(["UPDATE", "IGNORE"]),
            termination_hook=st.booleans(),
        ),
        "groups": st.sampled_from(
            [[{"name": "a", "size": 3}, {"name": "b", "size": 2, "first": 1}], [{"name": "z", "zones": [1]}]]
        ),
    },
)
slow_starts = st.one_of(st.just("0 s"), st.integers(30, 900).map(lambda value: f"{value} s"))
servers = st.fixed_dictionaries(
    {"platform": st.just("server"), "fleet": fleets, "load_balancer": some(slow_start=slow_starts)},
    optional={"regions": regions},
)
functions = st.fixed_dictionaries(
    {
        "platform": st.just("lambda"),
        "concurrency": st.integers(198, 5000),
        "request_duration": st.just("250 ms"),
        "memory": st.integers(128, 10240).map(lambda value: f"{value} MB"),
    },
    optional={
        "runtime": st.sampled_from(["python3.13", "java21"]),
        "cold_start": st.one_of(durations, durations.map(lambda value: {"median": value, "sigma": 0.3})),
        "provisioned_concurrency": some(current=st.integers(0, 99), target=st.integers(0, 99)),
        "regions": regions,
    },
)
ecs_services = st.fixed_dictionaries(
    {"platform": st.just("ecs"), "tasks": st.integers(1, 50)},
    optional={
        "task": some(
            cpu=st.sampled_from([0.25]),
            memory=st.sampled_from(["512 MB", "1 GB", "2 GiB"]),
            image=st.integers(0, 9000).map(lambda value: f"{value} MB"),
            capacity=rates,
        ),
        "load_balancer": some(test_listener=st.booleans(), slow_start=slow_starts),
        "task_launch": durations,
        "warm_up": warm_up,
        "scaling": st.fixed_dictionaries({"lasts": durations}, optional={"at": durations}),
        "regions": regions,
    },
).map(_stated)
series = st.one_of(
    st.lists(st.floats(0.0, 1e6), min_size=1, max_size=5, unique=True).flatmap(
        lambda times: st.lists(rates, min_size=len(times), max_size=len(times)).map(
            lambda found: {units.text(at, "duration"): rate for at, rate in zip(sorted(times), found, strict=True)}
        )
    ),
    st.just({"09:00": "10/s", "10:05": "20.25/s", "10:05:30": "30/s"}),
)
traffics = st.one_of(
    st.fixed_dictionaries({"series": series}),
    st.fixed_dictionaries(
        {"rate": rates},
        optional={"retries": st.fixed_dictionaries({"attempts": st.integers(0, 10)}, optional={"share": shares})},
    ),
)
faults = st.lists(
    st.one_of(
        st.fixed_dictionaries({"kind": st.sampled_from(["throttling"]), "probability": shares}),
        st.fixed_dictionaries({"kind": st.just("metrics_missing"), "lasts": durations}, optional={"at": durations}),
        st.fixed_dictionaries({"kind": st.just("alarm_already_up")}, optional={"probability": shares}),
    ),
    max_size=3,
)
of_fleets = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"kind": st.just("zone_outage"), "zone": st.just(1), "at": durations, "lasts": durations}
        ),
        st.fixed_dictionaries({"kind": st.just("no_capacity"), "probability": shares}),
        st.fixed_dictionaries(
            {"kind": st.just("provisioning_slow"), "probability": shares, "factor": st.floats(0.5, 9.0)}
        ),
        st.fixed_dictionaries({"kind": st.just("agent_dead"), "target": st.integers(0, 7)}),
        st.fixed_dictionaries({"kind": st.just("health_check_failure"), "probability": shares}),
    ),
    max_size=2,
)
whole_service = st.fixed_dictionaries(
    {"traffic": traffics},
    optional={
        "blue_green": blue_green,
        "ignore_application_stop_failures": st.booleans(),
        "dependency": st.fixed_dictionaries(
            {"limit": st.integers(1, 900), "per_target": st.integers(1, 50)}, optional={"name": names}
        ),
        "prices": some(region=st.just("us-east-1")),
        "faults": faults,
    },
)
_ONE_BOX = {"name": "one box", "hosts": 1, "configuration": "CodeDeployDefault.AllAtOnce", "bake": "3600 s"}
stages = st.sampled_from(
    [
        [_ONE_BOX, {"name": "rest", "rest": True, "gate": {"alarms": []}}],
        [_ONE_BOX, {"name": "a tenth", "share": "50 %", "bake": "60 s"}, {"name": "rest", "rest": True}],
        [],
    ]
)
_CONFIGURATIONS = {
    "server": ["CodeDeployDefault.HalfAtATime", "CodeDeployDefault.AllAtOnce"],
    "lambda": ["CodeDeployDefault.LambdaAllAtOnce", "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"],
    "ecs": ["CodeDeployDefault.ECSAllAtOnce", "CodeDeployDefault.ECSCanary10Percent5Minutes"],
}


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    """A scenario's data."""
    service: dict[str, Any] = draw(st.one_of(servers, functions, ecs_services))
    platform = service["platform"]
    strategy: dict[str, Any] = {"name": "s", "configuration": draw(st.sampled_from(_CONFIGURATIONS[platform]))}
    fields: dict[str, Any] = draw(whole_service)
    if any(fault["kind"] == "alarm_already_up" for fault in fields.get("faults", [])):
        fields["alarms"] = [{"name": "orders", "namespace": "Shop", "metric_name": "Orders", "threshold": 1.0}]
    if platform == "server":
        fields["faults"] = [*fields.get("faults", []), *draw(of_fleets)]
        if draw(st.booleans()):
            strategy["stages"] = draw(stages)
            strategy["after_failure"] = {"finished_stages": draw(st.sampled_from(["leave", "roll_back"]))}
        strategy["deployment_type"] = draw(st.sampled_from(["in_place", "blue_green"]))
        if strategy["deployment_type"] == "blue_green" and draw(st.booleans()):
            strategy["blue_green"] = draw(blue_green)
        if strategy["deployment_type"] == "blue_green":
            strategy.pop("stages", None)  # which would be by group
    if service.get("regions") and ("stages" in strategy or (platform != "server" and draw(st.booleans()))):
        strategy["stages"] = [{"name": each["name"], "region": each["name"]} for each in service["regions"]]
    return {"name": "x", "service": service, **fields, "strategies": [strategy]}
