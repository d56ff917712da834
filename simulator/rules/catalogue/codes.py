"""Codes that a story shows: why an event, or a deployment, ended as it did."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from simulator.rules.catalogue.rule import api, guide

_ERRORS = guide("error-codes")


class Code(NamedTuple):
    """What a code says, and who says so."""

    statement: str
    source: str


CODES: Mapping[str, Code] = MappingProxyType(
    {
        "HEALTH_CONSTRAINTS": Code(
            "Too many targets failed, or too few healthy ones remain to go on; the deployment is Failed.", _ERRORS
        ),
        "HEALTH_CONSTRAINTS_INVALID": Code(
            "The minimum of healthy targets cannot be kept with the targets there are; nothing was started.", _ERRORS
        ),
        "ALARM_ACTIVE": Code(
            "An alarm of the deployment group is in ALARM; the deployment is Stopped, not Failed.",
            f"{guide('monitoring-create-alarms')}; seen in published runs",
        ),
        "MANUAL_STOP": Code(
            "Somebody stopped the deployment (StopDeployment).", f"{api('StopDeployment')}; code by its name"
        ),
        "TIMEOUT": Code("The deployment ran longer than it may.", f"{api('ErrorInformation')}; {guide('limits')}"),
        "HOOK_EXECUTION_FAILURE": Code(
            "A validation function of a Lambda or ECS deployment said Failed, or never called back.", _ERRORS
        ),
        "THROTTLED": Code("AWS refused calls that CodeDeploy made for the deployment; it is Failed.", _ERRORS),
        "INTERNAL_ERROR": Code("Something failed on CodeDeploy's side; here, an injected rollback failure.", _ERRORS),
        "ScriptFailed": Code("A script of the event ended with an exit code other than 0.", api("Diagnostics")),
        "ScriptTimedOut": Code("A script of the event passed its timeout.", api("Diagnostics")),
        "UnknownError": Code(
            "The event ended without a script's verdict: the host died, the bundle could not be had, the time was up.",
            api("Diagnostics"),
        ),
        "NotStarted": Code(
            "The agent did not start the event within five minutes, as on a dead host. AWS shows the event as Skipped.",
            guide("limits"),
        ),
    }
)
