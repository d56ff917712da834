"""Whether a deployment is rolled back by itself, and what the rollback is like.

The one thing a newcomer would get wrong: a rollback restores nothing. It is a new deployment, with its own
id, of the last revision that the group deployed successfully.

Sources: CodeDeploy user guide, "Redeploy and roll back a deployment" (deployments-rollback-and-redeploy);
API reference, AutoRollbackConfiguration and StopDeployment. Where AWS is silent the docstring says what the
reading rests on.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from simulator.model.deployment_configuration import DeploymentConfiguration, predefined
from simulator.rules.platforms import named

TerminalStatus = Literal["Succeeded", "Failed", "Stopped"]
StoppedBy = Literal["alarm", "request", "ready_wait"]

ROLLBACK_CREATOR = "codeDeployRollback"

# Source: API reference, AutoRollbackConfiguration; user guide, deployment-groups-configure-advanced-options.
# An expired ready wait also ends as Stopped, but no event is listed for it.
_EVENT_OF_STOP: dict[StoppedBy, str] = {
    "alarm": "DEPLOYMENT_STOP_ON_ALARM",
    "request": "DEPLOYMENT_STOP_ON_REQUEST",
}


def follows(
    status: TerminalStatus,
    stopped_by: StoppedBy | None,
    events: Collection[str],
    *,
    is_rollback: bool,
    has_previous: bool,
    roll_back_requested: bool = False,
) -> bool:
    """Whether an automatic rollback follows a deployment that ended like this.

    Parameters
    ----------
    status : str
        ``Succeeded``, ``Failed`` or ``Stopped``.
    stopped_by : str or None
        Of a Stopped deployment: ``alarm`` (also one whose state could not be read), ``request`` (a person)
        or ``ready_wait`` (nobody continued it in time).
    events : collection of str
        Events of the group's automatic rollback; empty when it is off.
    is_rollback : bool
        Whether the deployment was itself a rollback. None follows one: AWS does not say, but reports such
        states as "cannot be rolled back" (API reference, RollbackInfo).
    has_previous : bool
        Whether the group ever deployed successfully; without that there is nothing to go back to.
    roll_back_requested : bool
        "Stop and roll back": the person's choice holds whatever the group says (API reference,
        StopDeployment).

    Notes
    -----
    A deployment stopped by an alarm is Stopped, not Failed, so the two triggers are disjoint (user guide,
    monitoring-create-alarms).

    Examples
    --------
    >>> follows("Stopped", "alarm", ["DEPLOYMENT_FAILURE"], is_rollback=False, has_previous=True)
    False
    >>> follows("Failed", None, ["DEPLOYMENT_FAILURE"], is_rollback=False, has_previous=True)
    True
    """
    if is_rollback or not has_previous:
        return False
    if status == "Failed":
        return "DEPLOYMENT_FAILURE" in events
    if status == "Stopped" and stopped_by is not None:
        asked = stopped_by == "request" and roll_back_requested
        return asked or _EVENT_OF_STOP.get(stopped_by) in events
    return False


def possible(platform: str, event: str | None) -> bool:
    """Whether a deployment that ended during `event` can be rolled back at all.

    An ECS deployment that ends in BeforeInstall has nothing to undo (user guide,
    reference-appspec-file-structure-hooks). `event` is None before the first one.

    >>> possible("ecs", "BeforeInstall"), possible("ecs", "AfterInstall")
    (False, True)
    """
    return not (named(platform) == "ecs" and event == "BeforeInstall")


def configuration(platform: str, configuration: DeploymentConfiguration) -> DeploymentConfiguration:
    """Deployment configuration of the rollback of a deployment that ran with `configuration`.

    ECS: ECSAllAtOnce, as observed for a group configured linear (josefloressv/aws-devops-engineer, lab of
    2026-08-08). Lambda: behaves all at once in observed runs; the name is not shown. Server: the same
    configuration (a reading), without its zones (user guide, deployment-configurations-create: hosts are
    rolled back in random order, not zone by zone).

    >>> linear = predefined("CodeDeployDefault.ECSLinear10PercentEvery3Minutes")
    >>> configuration("ecs", linear).name
    'CodeDeployDefault.ECSAllAtOnce'
    """
    match named(platform):
        case "lambda":
            return predefined("CodeDeployDefault.LambdaAllAtOnce")
        case "ecs":
            return predefined("CodeDeployDefault.ECSAllAtOnce")
        case "server":
            return configuration.model_copy(update={"zonal": None})


def alarms_watched(creator: str) -> bool:
    """Whether alarms can stop a deployment of this creator; they do not stop a rollback.

    AWS is silent. In two or three published runs the rollback Succeeded while an alarm was still in ALARM
    (josefloressv/aws-devops-engineer, ECS lab; Firewallrbn/emergencias-co-backend, canary evidence).

    >>> alarms_watched("user"), alarms_watched("codeDeployRollback")
    (True, False)
    """
    return creator != ROLLBACK_CREATOR


def hooks_run(platform: str, is_rollback: bool) -> bool:
    """Whether the deployment runs its hooks.

    A Lambda rollback showed its events Succeeded without invoking any hook (josefloressv/aws-devops-engineer,
    Lambda lab of 2026-08-08, one run). An ECS rollback only moves the listeners back and drains the
    replacement (user guide, deployment-steps-ecs), so it is read the same way. A Server rollback is a full
    redeployment with every event (user guide, reference-appspec-file-structure-hooks).

    >>> hooks_run("lambda", is_rollback=True), hooks_run("server", is_rollback=True)
    (False, True)
    """
    return not is_rollback or named(platform) == "server"
