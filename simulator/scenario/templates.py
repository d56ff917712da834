"""Scenarios to start from, for ``rollsim init``: they load as they are, and comments say what to change."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

Platform = Literal["server", "lambda", "ecs"]

_SERVER = """\
# A first scenario for an EC2 or on-premises fleet. Put your own figures in, then:
#   rollsim check this.yaml      rollsim compare this.yaml
name: my service, next release
service:
  platform: server
  fleet: {size: 12, capacity: 60/s}            # what one server answers; say what yours does
  load_balancer: {deregistration_delay: 60 s, health_check: {interval: 10 s, healthy_threshold: 3}}
  lifecycle:                                   # or appspec: appspec.yml, and durations here
    hooks:
      ApplicationStop: {timeout: 60 s, duration: 5 s}
      ApplicationStart: {timeout: 300 s, duration: {median: 30 s, p95: 90 s}}
      ValidateService: {timeout: 120 s, duration: 15 s, probes: 20}   # requests it makes on real paths
traffic: {rate: 500/s, baseline_errors: 0.1 %}
start: Tuesday 10:00
revision:
  bad: 5 %                                     # how often a release of yours is bad
  defects:
    - {kind: errors, share: {p05: 2 %, p95: 60 %}, weight: 7}
    - {kind: crash_at_start, weight: 3}
alarms:                                        # or {from: describe-alarms.json}
  - {name: 5xx, namespace: AWS/ApplicationELB, metric_name: HTTPCode_Target_5XX_Count, threshold: 300}
rollback: {events: [DEPLOYMENT_FAILURE, DEPLOYMENT_STOP_ON_ALARM]}
faults: [{kind: hook_failure, event: ApplicationStart, probability: 0.2 %}]
slo: {objective: 99.9 %, window: 28 d}
strategies:                                    # `rollsim configs` lists the predefined configurations
  - {name: half-at-a-time, configuration: CodeDeployDefault.HalfAtATime, current: true}
  - {name: one-at-a-time, configuration: CodeDeployDefault.OneAtATime}
  - {name: three-quarters-healthy, configuration: {minimum_healthy_hosts: {type: FLEET_PERCENT, value: 75}}}
"""

_LAMBDA = """\
# A first scenario for a Lambda function behind an alias. Put your own figures in, then:
#   rollsim check this.yaml      rollsim compare this.yaml
name: my function, next version
service:
  platform: lambda
  function: my-function
  current_version: "1"
  target_version: "2"
  concurrency: 200                             # with request_duration, what the function can answer
  request_duration: 120 ms
  lifecycle:                                   # or appspec: appspec.yml, and durations here
    hooks:
      BeforeAllowTraffic: {duration: {median: 8 s, p95: 20 s}, probes: 10}   # requests it makes on real paths
traffic: {rate: 300/s, baseline_errors: 0.1 %}
start: Tuesday 10:00
revision:
  bad: 5 %                                     # how often a version of yours is bad
  defects: [{kind: errors, share: {p05: 2 %, p95: 60 %}}]
alarms:                                        # or {from: describe-alarms.json}
  - name: new version errors
    namespace: AWS/Lambda
    metric_name: Errors
    dimensions: {ExecutedVersion: "2"}         # the new version's own errors
    threshold: 20
    treat_missing_data: notBreaching
rollback: {events: [DEPLOYMENT_FAILURE, DEPLOYMENT_STOP_ON_ALARM]}
faults: [{kind: hook_failure, event: BeforeAllowTraffic, probability: 0.5 %}]
slo: {objective: 99.9 %, window: 28 d}
strategies:                                    # `rollsim configs` lists the predefined configurations
  - {name: all-at-once, configuration: CodeDeployDefault.LambdaAllAtOnce, current: true}
  - {name: canary-5-min, configuration: CodeDeployDefault.LambdaCanary10Percent5Minutes}
  - {name: linear-1-min, configuration: CodeDeployDefault.LambdaLinear10PercentEvery1Minute}
"""

_ECS = """\
# A first scenario for an ECS service behind an Application Load Balancer. Put your own figures in, then:
#   rollsim check this.yaml      rollsim compare this.yaml
name: my service, next task set
service:
  platform: ecs
  tasks: 12                                    # desired count; the replacement has as many
  task: {cpu: 0.5, memory: 1 GB, image: 300 MB, capacity: 60/s}   # what one task answers; say what yours does
  load_balancer:
    test_listener: true                        # leads hooks to the replacement before production traffic does
    deregistration_delay: 30 s
    health_check: {interval: 10 s, healthy_threshold: 2}
    original_target_group: my-blue             # as the alarms below name them
    replacement_target_group: my-green
  lifecycle:
    hooks:
      AfterAllowTestTraffic: {duration: {median: 15 s, p95: 40 s}, probes: 10}   # requests it makes on real paths
traffic: {rate: 500/s, baseline_errors: 0.1 %}
start: Tuesday 10:00
revision:
  bad: 5 %                                     # how often a revision of yours is bad
  defects:
    - {kind: errors, share: {p05: 2 %, p95: 60 %}, weight: 7}
    - {kind: crash_at_start, weight: 3}
alarms:                                        # or {from: describe-alarms.json}
  - name: replacement errors
    namespace: AWS/ApplicationELB
    metric_name: HTTPCode_Target_5XX_Count
    dimensions: {TargetGroup: my-green}        # the replacement's own errors
    threshold: 100
    treat_missing_data: notBreaching
rollback: {events: [DEPLOYMENT_FAILURE, DEPLOYMENT_STOP_ON_ALARM]}
blue_green: {originals: {wait: 10 min}}        # how long the way back stays short, and both task sets are billed
faults: [{kind: hook_failure, event: AfterAllowTestTraffic, probability: 0.5 %}]
slo: {objective: 99.9 %, window: 28 d}
strategies:                                    # `rollsim configs` lists the predefined configurations
  - {name: all-at-once, configuration: CodeDeployDefault.ECSAllAtOnce, current: true}
  - {name: canary-5-min, configuration: CodeDeployDefault.ECSCanary10Percent5Minutes}
  - {name: linear-1-min, configuration: CodeDeployDefault.ECSLinear10PercentEvery1Minutes}
"""

TEMPLATES = MappingProxyType({"server": _SERVER, "lambda": _LAMBDA, "ecs": _ECS})


def template(platform: Platform) -> str:
    """Text of a commented scenario that loads without problems.

    Parameters
    ----------
    platform : {"server", "lambda", "ecs"}
        What is updated.

    Raises
    ------
    ValueError
        For any other platform; says which there are.
    """
    if platform not in TEMPLATES:
        raise ValueError(f"no scenario to start from for platform {platform}; write {', '.join(TEMPLATES)}")
    return TEMPLATES[platform]
