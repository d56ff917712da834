"""Random scenarios for a row of the table, and smaller ones that are like them.

The one thing a newcomer would get wrong: a case is plain data, as a scenario file has it, so that making it smaller
is leaving things out, and what is left can be written down and run by anybody.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from simulator.model.scenario import Scenario

Fields = dict[str, Any]
NAME = "under-test"
_CHECKED_EVENTS = ("ApplicationStop", "BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService")
_SHIFT_HOOKS = {
    "lambda": ("BeforeAllowTraffic", "AfterAllowTraffic"),
    "ecs": ("BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic"),
}
_IGNORE = "ignore_application_stop_failures"
_PREFIX = {"lambda": "Lambda", "ecs": "ECS"}
_MISFITS = 200  # drawn in a row before we give up on a row of the table


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario with one strategy, and the luck it is run with.

    Parameters
    ----------
    fields : dict
        Of the scenario, as a file has them.
    stratum : {"good", "bad"}
        Which kind of revision it meets.
    replication : int
        Which luck.
    """

    fields: Fields
    stratum: Literal["good", "bad"]
    replication: int

    def scenario(self) -> Scenario:
        """The scenario; pydantic's complaint when it is none."""
        return Scenario.model_validate(self.fields)

    def world(self) -> Scenario:
        """The world that its strategy meets."""
        scenario = self.scenario()
        return scenario.under(scenario.strategies[0].name)


def drawn(platform: str, deployment_type: str, luck: Random) -> Case:
    """Draw a case that fits a row of the table.

    Raises
    ------
    RuntimeError
        When no scenario fits it, which is a mistake in here.
    """
    for _ in range(_MISFITS):
        fields = _server(luck, deployment_type) if platform == "server" else _shifting(luck, platform)
        _with_extras(fields, luck)
        _with_regions(fields, luck)
        case = Case(fields, luck.choice(("good", "bad")), luck.randrange(1000))
        try:
            case.world()
        except ValueError:
            continue  # a combination that the model refuses
        return case
    raise RuntimeError(f"no scenario fits {platform}, {deployment_type}")


# ------------------------------------------------------------------------------------------------ drawing


def _server(luck: Random, deployment_type: str) -> Fields:
    size = luck.randint(1, 10)
    configuration: Any = "CodeDeployDefault." + luck.choice(("AllAtOnce", "OneAtATime", "HalfAtATime"))
    if luck.random() < 0.5:
        kind = luck.choice(("HOST_COUNT", "FLEET_PERCENT"))
        value = luck.randrange(size) if kind == "HOST_COUNT" else luck.randrange(100)
        configuration = {"name": "floor", "minimum_healthy_hosts": {"type": kind, "value": value}}
    balancer = None
    if deployment_type == "blue_green" or luck.random() < 0.7:
        kind = luck.choice(("application", "classic"))
        balancer = {"kind": kind, "deregistration_delay": _seconds(luck), "health_check": {"interval": "10 s"}}
    hooks = _hooks(luck, _CHECKED_EVENTS)
    fleet: Fields = {"size": size, "capacity": "60/s", "instance_type": "m6i.large"}
    if deployment_type != "blue_green" and luck.random() < 0.3:
        fleet["on_premises"] = True
    service = {"platform": "server", "fleet": fleet, "load_balancer": balancer, "lifecycle": hooks}
    alarm = {"name": "errors", "metric_name": "HTTPCode_Target_5XX_Count", "threshold": luck.choice((1, 50))}
    faults = _hook_faults(luck, hooks["hooks"], size)
    if luck.random() < 0.3:
        at = f"{luck.randrange(4000)} s"
        faults.append({"kind": "instance_crash", "target": luck.randrange(size), "at": at})
    fields = _world(luck, service, configuration, deployment_type, alarm if balancer else None, faults)
    fields["assumptions"] |= {"dispatch": luck.choice(("batch", "window"))}
    if deployment_type == "blue_green" and luck.random() < 0.7:
        action = luck.choice(("TERMINATE", "KEEP_ALIVE"))
        originals: Fields = {"action": action}
        if action == "TERMINATE":
            originals["wait"] = _seconds(luck)
        fields["blue_green"] = {"originals": originals}
    return fields


def _shifting(luck: Random, platform: str) -> Fields:
    kind = luck.choice(("TimeBasedCanary", "TimeBasedLinear", "AllAtOnce"))
    routing: Fields = {"type": kind}
    if kind != "AllAtOnce":
        field = "time_based_canary" if kind == "TimeBasedCanary" else "time_based_linear"
        routing[field] = {"percentage": luck.randint(1, 99), "interval": luck.choice(("1 min", "10 min", "27 min"))}
    configuration = {"name": "shift", "compute_platform": _PREFIX[platform], "traffic_routing": routing}
    service: Fields = {"platform": platform, "lifecycle": _hooks(luck, _SHIFT_HOOKS[platform])}
    alarm = {"name": "errors", "metric_name": "Errors", "threshold": luck.choice((1, 50))}
    if platform == "ecs":
        service |= {"tasks": luck.randint(1, 8), "task": {"capacity": "60/s"}, "zones": luck.randint(1, 3)}
        alarm["metric_name"] = "HTTPCode_Target_5XX_Count"
    elif luck.random() < 0.5:
        service |= {"concurrency": 30, "request_duration": "100 ms"}
    faults = _hook_faults(luck, service["lifecycle"]["hooks"], 1)
    if platform == "ecs" and luck.random() < 0.2:
        faults.append(_outage(luck))
    fields = _world(luck, service, configuration, "blue_green", alarm, faults)
    if platform == "ecs" and luck.random() < 0.5:
        fields["blue_green"] = {"originals": {"wait": _seconds(luck)}}
    return fields


def _with_extras(fields: Fields, luck: Random) -> None:
    """Now and then something that few scenarios have; what does not fit together is drawn again."""
    service, strategy, platform = fields["service"], fields["strategies"][0], fields["service"]["platform"]
    if luck.random() < 0.1:
        fields["traffic"]["retries"] = {"attempts": luck.randint(2, 4)}
    if luck.random() < 0.1:
        fields["dependency"] = {"limit": luck.choice((20, 100)), "per_target": luck.choice((5, 10))}
    if luck.random() < 0.1:
        faults = [{"kind": "metrics_missing", "at": "60 s", "lasts": "20 min"}, {"kind": "alarm_already_up"}]
        fields["faults"].append(luck.choice(faults))
    if platform == "lambda":
        if luck.random() < 0.3:
            service["cold_start"] = luck.choice(("200 ms", "5 s"))
        return
    warm_up = {"lasts": "10 min", "capacity": "40 %"}
    where = service["fleet"] if platform == "server" else service
    if luck.random() < 0.1:
        where["warm_up"] = warm_up
    if platform == "ecs" and luck.random() < 0.15:
        service["scaling"] = {"at": f"{luck.randrange(900)} s", "lasts": luck.choice(("2 min", "20 min", "2 h"))}
    if service.get("load_balancer") is not None and luck.random() < 0.1:
        uneven = luck.choice(({"slow_start": "60 s"}, {"algorithm": "least_outstanding_requests"}))
        service["load_balancer"] |= uneven
    if platform == "server":
        _with_rarer_server(fields, service["fleet"], strategy, luck)


def _with_rarer_server(fields: Fields, fleet: Fields, strategy: Fields, luck: Random) -> None:
    faults = [
        {"kind": "agent_dead", "target": luck.randrange(fleet["size"])},
        {"kind": "health_check_failure", "probability": "20 %"},
        _outage(luck),
        {"kind": "no_capacity", "probability": "50 %"},
        {"kind": "provisioning_slow", "probability": "50 %", "factor": 3},
    ]
    if luck.random() < 0.25:
        fields["faults"].append(luck.choice(faults))
    if luck.random() < 0.15:
        fleet["initially"] = {luck.choice(("stopped", "unhealthy")): luck.randint(1, fleet["size"])}
    if luck.random() < 0.15:
        fields[_IGNORE] = True
    if luck.random() < 0.15:
        fleet["auto_scaling"] = _scaling(luck, fleet["size"])
    if luck.random() < 0.2:
        fleet["zones"] = luck.randint(2, 3)
    if fleet.get("zones") and isinstance(strategy["configuration"], dict):
        fewest = {"type": "HOST_COUNT", "value": luck.randint(0, 1)}
        zonal = {"monitor_duration": "60 s", "minimum_healthy_hosts_per_zone": fewest}
        strategy["configuration"] |= {"zonal": zonal}
    elif strategy["deployment_type"] == "blue_green":
        if fleet["size"] > 1 and luck.random() < 0.25:
            _in_groups(fleet, strategy, luck)
    elif luck.random() < 0.15:
        first = {"name": "first", "hosts": 1, "configuration": "CodeDeployDefault.AllAtOnce", "bake": "10 min"}
        strategy["stages"] = [first, {"name": "rest", "rest": True}]


def _in_groups(fleet: Fields, strategy: Fields, luck: Random) -> None:
    """Two deployment groups that are replaced one after the other, or together."""
    size = luck.randrange(1, fleet["size"])
    fleet["groups"] = [{"name": "a", "size": size}, {"name": "b", "size": fleet["size"] - size}]
    second = {"name": "second", "group": "b", "together": luck.random() < 0.3}
    strategy["stages"] = [{"name": "first", "group": "a", "bake": _seconds(luck)}, second]
    strategy["after_failure"] = {"finished_stages": luck.choice(("leave", "roll_back"))}


def _with_regions(fields: Fields, luck: Random) -> None:
    """Now and then several copies of the service, one after the other or all together."""
    if luck.random() >= 0.15 or "stages" in fields["strategies"][0]:
        return
    names, shares = ("west", "east", "south"), luck.choice((("40 %", "60 %"), ("20 %", "50 %", "30 %")))
    regions = [{"name": name, "share": share} for name, share in zip(names, shares, strict=False)]
    fields["service"]["regions"] = regions
    if luck.random() < 0.7:
        fields["strategies"][0]["stages"] = [
            {
                "name": each["name"],
                "region": each["name"],
                "bake": _seconds(luck),
                "together": place > 0 and luck.random() < 0.3,
            }
            for place, each in enumerate(regions)
        ]
        fields["strategies"][0]["after_failure"] = {"finished_stages": luck.choice(("leave", "roll_back"))}


def _scaling(luck: Random, size: int) -> Fields:
    """Launches, terminations of fewer than there are, and what becomes of outdated instances."""
    at = [f"{luck.randrange(900)} s" for _ in range(2)]
    scaling: Fields = {"outdated_instances": luck.choice(("UPDATE", "UPDATE", "IGNORE"))}
    if luck.random() < 0.7:
        scaling["scale_out"] = [{"at": at[0], "instances": luck.randint(1, 3)}]
    if size > 1 and luck.random() < 0.6:
        scaling["scale_in"] = [{"at": at[1], "instances": luck.randrange(1, size)}]
        scaling["termination_hook"] = luck.random() < 0.3
    return scaling


def _world(
    luck: Random,
    service: Fields,
    configuration: Any,
    deployment_type: str,
    alarm: Fields | None,
    faults: list[Fields],
) -> Fields:
    """What all platforms have in common."""
    events = [f"DEPLOYMENT_{name}" for name in ("FAILURE", "STOP_ON_ALARM") if luck.random() < 0.6]
    people = None
    if luck.random() < 0.5:
        people = {"notice": "60 s", "acknowledge": "30 s", "decide": "30 s", "act": "0 s", "repair": "60 s"}
    defects = luck.choice(
        (
            [{"kind": "errors", "share": "2 %"}],
            [{"kind": "errors", "share": "60 %"}],
            [{"kind": "crash_at_start"}],
            [{"kind": "slow", "factor": 3}],
        )
    )
    return {
        "name": "conformance",
        "service": service,
        "traffic": {"rate": luck.choice(("0/s", "40/s", "300/s")), "baseline_errors": luck.choice(("0 %", "1 %"))},
        "revision": {"bad": "50 %", "defects": defects},
        "alarms": [alarm] if alarm is not None and luck.random() < 0.6 else [],
        "rollback": {"events": events},
        "faults": faults,
        "people": people,
        "assumptions": {},
        "strategies": [{"name": NAME, "configuration": configuration, "deployment_type": deployment_type}],
        "horizon": "6 h",
    }


def _hooks(luck: Random, events: tuple[str, ...]) -> Fields:
    chosen = [event for event in events if luck.random() < 0.4]
    hooks = {
        event: {"scripts": [{"timeout": luck.choice(("60 s", "1 h"))}], "failure": luck.choice(("0 %", "0 %", "20 %"))}
        for event in chosen
    }
    return {"hooks": hooks, "durations": {event: _seconds(luck) for event in chosen}}


def _outage(luck: Random) -> Fields:
    return {
        "kind": "zone_outage",
        "zone": 1,
        "at": f"{luck.randrange(1500)} s",
        "lasts": luck.choice(("90 s", "30 min")),
    }


def _seconds(luck: Random) -> Any:
    return luck.choice(("0 s", "10 s", "60 s", "300 s"))


def _hook_faults(luck: Random, hooks: Fields, size: int) -> list[Fields]:
    if not hooks or luck.random() < 0.6:
        return []
    kind = luck.choice(("hook_failure", "hook_hang"))
    return [{"kind": kind, "event": luck.choice(sorted(hooks)), "target": luck.randrange(size)}]


# ------------------------------------------------------------------------------------------------ smaller


def smaller(case: Case) -> Iterator[Case]:
    """Cases with one thing fewer, the boldest first; each may be none that the model accepts."""
    if case.replication > 0:
        yield Case(case.fields, case.stratum, 0)
    if case.stratum == "bad":
        yield Case(case.fields, "good", case.replication)
    for path, value in _changes(case.fields):
        fields = copy.deepcopy(case.fields)
        _put(fields, path, value)
        if fields != case.fields:
            yield Case(fields, case.stratum, case.replication)


Path = tuple[str | int, ...]
_OUT = object()  # leave the field out


def _put(fields: Fields, path: Path, value: Any) -> None:
    *way, last = path
    place: Any = fields
    for step in way:
        place = place[step]
    if value is _OUT:
        del place[last]
    else:
        place[last] = value


def _changes(fields: Fields) -> Iterator[tuple[Path, Any]]:
    if fields.get("people") is not None:
        yield ("people",), None
    for name in ("faults", "alarms", "assumptions", "rollback", "blue_green", "horizon", "dependency", _IGNORE):
        if name in fields:
            yield (name,), _OUT
    service, strategy = fields["service"], fields["strategies"][0]
    if service.get("load_balancer") is not None:
        yield ("service", "load_balancer"), None
    if service.get("load_balancer"):
        yield ("service", "load_balancer"), {}
    lifecycle = service.get("lifecycle", {})
    if lifecycle:
        yield ("service", "lifecycle"), _OUT
    yield from ((("service", "lifecycle", part, event), _OUT) for part in lifecycle for event in lifecycle[part])
    yield from ((("faults", place), _OUT) for place in range(len(fields.get("faults", ()))))
    yield from _of_the_service(service)
    if "stages" in strategy:
        yield ("strategies", 0, "stages"), _OUT
    if "regions" in service:
        yield ("service", "regions"), _OUT
    yield from _of_the_configuration(strategy["configuration"], service["platform"])
    yield ("traffic",), {"rate": "100/s"}
    yield ("revision", "defects"), [{"kind": "errors", "share": "60 %"}]


def _of_the_service(service: Fields) -> Iterator[tuple[Path, Any]]:
    fleet = service.get("fleet", {})
    for size in range(1, fleet.get("size", 1)):
        yield ("service", "fleet", "size"), size
    yield from ((("service", "fleet", name), _OUT) for name in sorted(fleet) if name != "size")
    yield from ((("service", name), _OUT) for name in ("warm_up", "cold_start", "scaling") if name in service)
    for tasks in range(1, service.get("tasks", 1)):
        yield ("service", "tasks"), tasks


def _of_the_configuration(configuration: Any, platform: str) -> Iterator[tuple[Path, Any]]:
    if not isinstance(configuration, dict):
        return
    place: Path = ("strategies", 0, "configuration")
    names = ("AllAtOnce", "OneAtATime", "HalfAtATime") if platform == "server" else (f"{_PREFIX[platform]}AllAtOnce",)
    for name in names:
        yield place, f"CodeDeployDefault.{name}"
    if "zonal" in configuration:
        yield (*place, "zonal"), _OUT
    hosts = configuration.get("minimum_healthy_hosts")
    if hosts is not None:
        for less in sorted({0, hosts["value"] // 2, max(0, hosts["value"] - 1)} - {hosts["value"]}):
            yield (*place, "minimum_healthy_hosts", "value"), less
