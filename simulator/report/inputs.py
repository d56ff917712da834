"""What went in: strategies as configured, alarms, assumptions and inputs left at their defaults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulator import units
from simulator.estimate import percent, wilson
from simulator.model.alarm import Alarm
from simulator.model.deployment_configuration import DeploymentConfiguration
from simulator.model.scenario import Scenario
from simulator.model.scenario_fields import Strategy
from simulator.model.service import EcsService, ServerFleet
from simulator.model.sites import alarm_names
from simulator.model.stages import least_in_service
from simulator.report.numbers import Numbers
from simulator.report.page import Cell, Column, Table
from simulator.report.replays import Replays
from simulator.report.tables import STRATEGY, name_cell
from simulator.report.words import chance, short
from simulator.rules.detection import earliest_stop, last_shift
from simulator.trace.records import AlarmChange

_OPERATORS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
}


def configured(configuration: DeploymentConfiguration) -> str:
    """Say what a deployment configuration does.

    >>> from simulator.model.deployment_configuration import predefined
    >>> configured(predefined("CodeDeployDefault.LambdaCanary10Percent5Minutes"))
    '10 % of traffic, the rest after 5 min'
    """
    hosts, routing = configuration.minimum_healthy_hosts, configuration.traffic_routing
    if hosts is not None:
        words = {
            "HOST_COUNT": f"at least {hosts.value} in service",
            "FLEET_PERCENT": f"at least {hosts.value} % in service",
            "MOST_CONCURRENCY": "one at a time, all others in service",
        }
        return words[hosts.type]
    if routing is None or routing.type == "AllAtOnce":
        return "all traffic at once"
    if routing.time_based_canary is not None:
        canary = routing.time_based_canary
        return f"{canary.percentage} % of traffic, the rest after {units.human(canary.interval)}"
    linear = routing.time_based_linear
    assert linear is not None  # the one type left
    return f"{linear.percentage} % of traffic every {units.human(linear.interval)}"


def strategies(scenario: Scenario, names: Sequence[str], recommended: str | None) -> Table:
    """Each strategy as configured, and why it is in the set."""
    rows = []
    for name in names:
        strategy = scenario.strategy(name)
        world = scenario.under(name)
        watched = [alarm.name for alarm in world.alarms if alarm.watched]
        rows.append(
            {
                "strategy": name_cell(name),
                "configuration": Cell(strategy.configuration.name.removeprefix("CodeDeployDefault.")),
                "does": Cell(_stages(strategy) or _does(world, strategy.configuration)),
                "alarms": Cell(f"{len(watched)} watched" if watched else "none watched"),
                "back": Cell(_rollback_words(world)),
                "why": Cell(_why(scenario, strategy, recommended)),
            }
        )
    columns = (
        STRATEGY,
        Column("configuration", "Configuration", kind="text"),
        Column("does", "What it does", kind="text"),
        Column("alarms", "Alarms", kind="text"),
        Column("back", "Goes back by itself on", kind="text"),
        Column("why", "In the set as", kind="text"),
    )
    return Table("configurations", "Strategies as configured", "As resolved from the scenario.", columns, tuple(rows))


def _stages(strategy: Strategy) -> str:
    """Say which stages a strategy has, in their order; empty without any."""
    named = [
        f"{stage.name}{f' (bakes for {units.human(stage.bake)})' if stage.bake else ''}" for stage in strategy.stages
    ]
    back = "; finished stages go back too" if strategy.after_failure.finished_stages == "roll_back" else ""
    return f"in stages: {', then '.join(named)}{back}" if named else ""


def _does(world: Scenario, configuration: DeploymentConfiguration) -> str:
    """What a strategy does: how it updates a fleet or shifts traffic, or what it puts in the place of a fleet."""
    if world.service.platform != "server" or world.deployment_type == "in_place":
        return configured(configuration)
    originals, hosts = world.blue_green.originals, configuration.minimum_healthy_hosts
    pace = "all at once" if hosts is None or not hosts.value else configured(configuration).partition(",")[0]
    kept = "kept" if originals.action == "KEEP_ALIVE" else f"terminated {units.human(world.termination_wait)} later"
    return f"the fleet replaced beside itself, {pace}; the originals are {kept}"


def _rollback_words(world: Scenario) -> str:
    words = {
        "DEPLOYMENT_FAILURE": "failure",
        "DEPLOYMENT_STOP_ON_ALARM": "alarm",
        "DEPLOYMENT_STOP_ON_REQUEST": "stop on request",
    }
    return ", ".join(words[event] for event in world.rollback.events) or "nothing"


def _why(scenario: Scenario, strategy: Strategy, recommended: str | None) -> str:
    roles = []
    if strategy.name == recommended:
        roles.append("recommended")
    if strategy.name == scenario.current_strategy:
        roles.append("current practice")
    if strategy.why:
        roles.append(short(strategy.why, 240))
    if strategy.overlay:
        roles.append(f"with its own {', '.join(strategy.overlay)}")
    return "; ".join(roles) or "alternative"


def alarms(world: Scenario, replays: Replays, strategy: str) -> Table | None:
    """Alarms as configured, and how often each fired among the bad releases simulated again."""
    releases = replays.releases.get(strategy, [])
    rows = []
    for alarm in world.alarms:
        names = alarm_names(world, alarm.name)
        fired = sum(
            any(isinstance(r, AlarmChange) and r.alarm in names and r.state == "ALARM" for r in trace.records)
            for trace in releases
        )
        rows.append(
            {
                "alarm": Cell(alarm.name, name=True),
                "metric": Cell(_metric(alarm)),
                "rule": Cell(_rule(alarm)),
                "window": Cell(_window(alarm)),
                "missing": Cell(alarm.treat_missing_data),
                "use": Cell(_use(alarm)),
                "fired": Cell(chance(wilson(fired, len(releases))) if releases else "–"),
            }
        )
    columns = (
        Column("alarm", "Alarm", kind="name"),
        Column("metric", "Metric", kind="text"),
        Column("rule", "In ALARM when", kind="text"),
        Column("window", "Judged on", kind="text"),
        Column("missing", "Missing data", kind="text"),
        Column("use", "Used to", kind="text"),
        Column("fired", "Went to ALARM, bad releases", kind="text"),
    )
    caption = "CloudWatch's own fields."
    if releases:
        caption += f" Last column: of {len(releases)} bad releases simulated again."
    return Table("alarms", "Alarms", caption, columns, tuple(rows)) if rows else None


def race(numbers: Numbers, order: Sequence[str]) -> list[tuple[str, str]]:
    """For each strategy, whether an alarm can stop it before everybody has the new revision, and how often one did."""
    told = []
    for strategy in order:
        world = numbers.comparison.scenario.under(strategy)
        told.append((strategy, f"{_bound(world)}{_caught(numbers, strategy)}"))
    return told


def _bound(world: Scenario) -> str:
    lasts = last_shift(world)
    watched = [alarm for alarm in world.alarms if alarm.watched and alarm.alarm_rule is None]
    if not watched:
        return "no alarm is watched, so none can stop it"
    soonest = min(watched, key=lambda alarm: earliest_stop(alarm, world))
    needs = f"{short(soonest.name, 60)} needs at least {units.human(earliest_stop(soonest, world))}"
    if lasts == 0:
        return f"everybody has the new revision at once, before any alarm can fire ({needs})"
    if lasts is None:
        return f"the new revision spreads batch by batch; {needs} from its first request"
    if earliest_stop(soonest, world) > lasts:
        return f"the last share moves after {units.human(lasts)}, before any alarm can fire ({needs})"
    return f"the last share moves after {units.human(lasts)}; {needs}"


def _caught(numbers: Numbers, strategy: str) -> str:
    table = numbers.comparison.probabilities("bad")
    row = table[(table.strategy == strategy) & (table.probability == "p_detected_before_full")]
    if row.empty or row.text.isna().all():
        return ""
    return f"; bad releases stopped automatically, by alarm or check, before everybody had them: {row.text.iloc[0]}"


def capacity(numbers: Numbers, order: Sequence[str]) -> list[tuple[str, str]]:
    """For each strategy, what its fleet answers while a batch is out; empty where no capacity is stated."""
    scenario = numbers.comparison.scenario
    told = [(name, copes(scenario.under(name), name)) for name in order]
    told = [(name, words) for name, words in told if words]
    service, peak = scenario.service, _peak(scenario)
    if told and service.capacity is not None and service.capacity < peak:
        whole = f"the whole fleet answers {service.capacity:,.4g}/s, too few for a peak of {peak:,.4g}/s"
        told.insert(0, ("Before any release", whole))
    return told


@dataclass(frozen=True, slots=True)
class Left:
    """What answers requests while a batch is out: targets kept in service, of how many, and what they answer."""

    kept: int
    size: int
    capacity: float
    peak: float

    @property
    def missing(self) -> float:
        """Share of the peak that goes unanswered."""
        return max(0.0, 1 - self.capacity / self.peak)


def left_in_service(world: Scenario, strategy: str) -> Left | None:
    """Tell what is left while a batch is out; None where no capacity is stated or nothing leaves service."""
    service, hosts = world.service, world.strategy(strategy).configuration.minimum_healthy_hosts
    peak = _peak(world)
    if not isinstance(service, ServerFleet) or hosts is None or peak <= 0:
        return None
    if world.strategy(strategy).deployment_type == "blue_green":
        return None  # nobody leaves before somebody else serves
    chosen = world.strategy(strategy)
    kept = least_in_service(chosen.stages, service.fleet, chosen.configuration)
    answered = service.answered_by(kept)
    return None if answered is None else Left(kept, service.fleet.size, answered, peak)


def copes(world: Scenario, strategy: str) -> str:
    """Say what a fleet answers while a batch is out; nothing where no capacity is stated."""
    left = left_in_service(world, strategy)
    if left is None:
        return ""
    least = "at least " if world.strategy(strategy).configuration.zonal and left.kept else ""
    words = f"leaves {least}{left.kept or 'none'} of {left.size:,} in service while a batch is out"
    words += f", {left.capacity:,.4g}/s for a peak of {left.peak:,.4g}/s"
    if left.missing <= 0:
        return f"{words}: enough"
    then = " at that peak" if len(world.traffic.steps()) > 1 else ""
    share = f"{'up to ' if least else ''}{percent(left.missing, digits=2)}"
    return f"{words}: {share} of requests{then} go unanswered in every run, good or bad"


def shortfall(world: Scenario, strategy: str) -> float | None:
    """Share of the peak that the servers left in service cannot answer; None where no capacity is stated."""
    left = left_in_service(world, strategy)
    return None if left is None else left.missing


def _peak(world: Scenario) -> float:
    return max(rate for _, rate in world.traffic.steps())


def _metric(alarm: Alarm) -> str:
    if alarm.alarm_rule is not None:
        return f"composite: {alarm.alarm_rule}"
    if alarm.metrics:
        return "metric math of " + ", ".join(query.id for query in alarm.metrics)
    return " ".join(text for text in (alarm.namespace, alarm.metric_name or "", str(alarm.statistic)) if text)


def _rule(alarm: Alarm) -> str:
    if alarm.threshold is None:
        return "its rule holds"
    return f"{_OPERATORS.get(alarm.comparison_operator, alarm.comparison_operator)} {alarm.threshold:g}"


def _window(alarm: Alarm) -> str:
    if alarm.alarm_rule is not None:
        return "the states of its alarms"
    needed = alarm.datapoints_to_alarm or alarm.evaluation_periods
    return f"{needed} of {alarm.evaluation_periods} datapoints of {units.human(alarm.period)}"


def _use(alarm: Alarm) -> str:
    uses = [*(["stop the deployment"] if alarm.watched else []), *(["page people"] if alarm.pages else [])]
    return ", ".join(uses) or "nothing"


_LAUNCH = {"fargate": "Fargate", "ec2": "EC2 instances"}


def platform_words(scenario: Scenario) -> str:
    """The compute platform and its size in words."""
    copies = len(scenario.service.regions)
    return f"{_copy_words(scenario)}{f'; in each of {copies} regions' if copies > 1 else ''}"


def _copy_words(scenario: Scenario) -> str:
    service = scenario.service
    if isinstance(service, ServerFleet):
        fleet = service.fleet
        kind = "on-premises servers" if fleet.on_premises else "EC2 instances"
        zones = f" in {fleet.zones} zones" if fleet.zones > 1 else ""
        type_words = f" of type {fleet.instance_type}" if fleet.instance_type else ""
        return f"{fleet.size:,} {kind}{type_words}{zones}"
    if isinstance(service, EcsService):
        return f"ECS service of {service.tasks:,} tasks of {service.task.cpu:g} vCPU, on {_LAUNCH[service.launch_type]}"
    versions = f"version {service.current_version} to {service.target_version}"
    return f"Lambda function {service.function}, alias {service.alias}, {versions}"
