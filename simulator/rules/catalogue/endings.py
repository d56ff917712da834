"""Entries on how a deployment goes back, and on people."""

from __future__ import annotations

from simulator.model.deployment_configuration import predefined
from simulator.rules import people, rollback
from simulator.rules.catalogue.rule import Call, api, call, guide, rule
from simulator.rules.people import Situation

_ROLLBACK = guide("deployments-rollback-and-redeploy")
_LINEAR = "CodeDeployDefault.ECSLinear10PercentEvery3Minutes"

ROLLBACK = (
    rule(
        rollback.follows,
        "whether a rollback follows by itself",
        "It does if the deployment group names the event: DEPLOYMENT_FAILURE for one that is Failed, "
        "DEPLOYMENT_STOP_ON_ALARM for one that an alarm Stopped. The rollback is a new deployment of the last revision "
        "that succeeded.",
        f"{_ROLLBACK}; {api('AutoRollbackConfiguration')}; {guide('monitoring-create-alarms')}",
        "Stopped is not Failed: a group that names only DEPLOYMENT_FAILURE does not go back on an alarm.",
        call(rollback.follows, "Stopped", "alarm", ["DEPLOYMENT_FAILURE"], is_rollback=False, has_previous=True),
        call(rollback.follows, "Failed", None, ["DEPLOYMENT_FAILURE"], is_rollback=False, has_previous=True),
    ),
    rule(
        rollback.possible,
        "whether there is anything to roll back",
        "An ECS deployment that ended in BeforeInstall has nothing to undo.",
        guide("reference-appspec-file-structure-hooks"),
        "Ended in its first event, and in its third.",
        call(rollback.possible, "ecs", "BeforeInstall"),
        call(rollback.possible, "ecs", "AfterInstall"),
    ),
    rule(
        rollback.configuration,
        "with which configuration a rollback runs",
        "On ECS and Lambda all at once; on servers with the same configuration, without its zones.",
        "seen in published runs (ECS, Lambda); for servers a reading (assumption rollback_configuration); "
        f"{guide('deployment-configurations-create')}",
        "A linear ECS deployment goes back all at once.",
        Call(
            f"configuration('ecs', predefined({_LINEAR!r})).name",
            lambda: rollback.configuration("ecs", predefined(_LINEAR)).name,
        ),
    ),
    rule(
        rollback.alarms_watched,
        "whether alarms stop a rollback",
        "They do not.",
        "seen in published runs, in which rollbacks succeeded while an alarm was up; AWS is silent (assumption "
        "rollback_watches_alarms)",
        "A user's deployment, and CodeDeploy's rollback.",
        call(rollback.alarms_watched, "user"),
        call(rollback.alarms_watched, "codeDeployRollback"),
    ),
    rule(
        rollback.hooks_run,
        "whether a rollback runs its hooks",
        "On servers it is a full redeployment with every event; on Lambda and ECS traffic only moves back.",
        f"{guide('reference-appspec-file-structure-hooks', 'deployment-steps-ecs')}; one published Lambda run",
        "A rollback on each.",
        call(rollback.hooks_run, "lambda", is_rollback=True),
        call(rollback.hooks_run, "server", is_rollback=True),
    ),
)

_IDLE = Situation(False, False, False, 0.1, 1.0, False, 0, False, False)
_BUSY = Situation(False, False, True, 0.1, 0.5, False, 0, False, False)

PEOPLE = (
    rule(
        people.next_step,
        "what a person who was called does next",
        "Wait while a way back runs; stop and roll back a rollout that does harm; roll back a bad release; repair "
        "hosts that are out; stand down when the service has settled.",
        "definition of people in the model; AWS documents no human behaviour, so the times are assumptions "
        "(people_acknowledge, people_decide, people_act)",
        "A bad release that nobody is mending; one that CodeDeploy is already taking back.",
        Call("next_step(a bad release has all traffic, nothing is running)", lambda: people.next_step(_IDLE)),
        Call("next_step(a bad release has half the traffic, a way back runs)", lambda: people.next_step(_BUSY)),
    ),
)
