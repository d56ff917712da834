"""`rollsim configs`: the deployment configurations that AWS predefines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.cli.endings import answering
from simulator.cli.options import Json

if TYPE_CHECKING:
    from simulator.model.deployment_configuration import DeploymentConfiguration


@answering
def configs(json: Json = False) -> None:
    """List the predefined deployment configurations.

    Write one as a strategy's configuration, as in `configuration: CodeDeployDefault.HalfAtATime`.
    """
    from simulator.cli import terminal
    from simulator.model.deployment_configuration import PREDEFINED

    if json:
        known = [c.model_dump(mode="json", exclude_none=True) for c in PREDEFINED.values()]
        terminal.document({"configurations": [{**c, "means": meaning(PREDEFINED[c["name"]])} for c in known]})
        return
    rows = [(c.name, c.compute_platform, meaning(c)) for c in PREDEFINED.values()]
    out = terminal.results()
    out.print(terminal.table(out.width, ("name", "platform", "what it does"), rows))


def meaning(configuration: DeploymentConfiguration) -> str:
    """Say in words what a configuration does.

    >>> from simulator.model.deployment_configuration import predefined
    >>> meaning(predefined("CodeDeployDefault.LambdaCanary10Percent5Minutes"))
    '10 % of traffic first, the rest 5 min later'
    """
    hosts, routing = configuration.minimum_healthy_hosts, configuration.traffic_routing
    if hosts is not None:
        if hosts.type == "MOST_CONCURRENCY":
            return "one target at a time; all others stay in service"
        if hosts.value == 0:
            return "all targets at once; succeeds if at least one does"
        unit = " %" if hosts.type == "FLEET_PERCENT" else ""
        return f"as many targets at once as leave {hosts.value}{unit} of them in service"
    if routing is None or routing.type == "AllAtOnce":
        return "all traffic at once"
    if routing.time_based_canary is not None:
        step = routing.time_based_canary
        return f"{step.percentage} % of traffic first, the rest {step.interval / 60:g} min later"
    if routing.time_based_linear is not None:
        step_by_step = routing.time_based_linear
        return f"{step_by_step.percentage} % of traffic more every {step_by_step.interval / 60:g} min"
    return "traffic shifts as its routing says"
