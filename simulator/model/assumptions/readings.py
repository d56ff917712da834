"""What CodeDeploy does where its pages are silent."""

from __future__ import annotations

from simulator.model.assumptions.kinds import Assumption, switch, time

READINGS: tuple[Assumption, ...] = (
    switch(
        "tie_order",
        "random",
        ("random", "index"),
        meaning="which of several targets in the same health CodeDeploy updates first",
        why="the guide says ties are broken at random; `index` follows the order of the scenario, for replays",
        effect="none on the law of a fleet of equals; decides what a fault on a named target does",
        source="UG, instances-health; API, ZonalConfig",
        evidence="documented",
    ),
    switch(
        "stopped_hosts",
        "from_the_start",
        ("from_the_start", "when_tried"),
        meaning="whether a host that is stopped counts as unhealthy from the start, or once a deployment to it failed",
        why="stopped instances are said to weigh like failed ones, which are tried first",
        effect="from the start, a floor that stopped hosts use up ends the deployment after 5 minutes with nobody "
        "touched; when tried, as many as came before them are updated",
        source="UG, instances-health",
        evidence="guess",
    ),
    switch(
        "agent_commands",
        "parallel",
        ("parallel", "one_by_one"),
        meaning="whether the agent takes up the way back while a stopped deployment's script still runs on the host",
        why="the agent runs up to 16 commands on worker threads and goes on polling",
        effect="one by one, a script that runs on for more than 5 minutes fails the host on the way back",
        source="CodeDeploy agent, command_poller.rb",
        evidence="documented",
    ),
    switch(
        "rollback_watches_alarms",
        "no",
        ("no", "yes"),
        meaning="whether alarms stop an automatic rollback as they stop a rollout",
        why="in three published runs a rollback succeeded while its alarm was still up; AWS is silent",
        effect="`yes` stops most ways back that an alarm began",
        source="observed: published Lambda and ECS runs",
        evidence="observed",
    ),
    switch(
        "rollback_configuration",
        "same",
        ("same", "all_at_once"),
        meaning="deployment configuration of an automatic EC2 rollback; of blue/green the pace at which originals are registered again",
        why="it is an ordinary deployment of the group; a zonal one is known to lose its zones, nothing more is said",
        effect="all at once takes every host out for the way back, and is over in one batch",
        source="UG, deployment-configurations-create",
        evidence="guess",
    ),
    switch(
        "rollback_ignores_stop_failures",
        "yes",
        ("yes", "no"),
        meaning="whether an automatic EC2 rollback passes over failures of ApplicationStop as its deployment does",
        why="it is a setting of CreateDeployment, and nothing says which one CodeDeploy's own deployments have",
        effect="`no` fails the way back of every host that holds a revision with a broken ApplicationStop",
        source="API, CreateDeployment",
        evidence="guess",
    ),
    switch(
        "failed_update_billed",
        "yes",
        ("yes", "no"),
        meaning="whether an on-premises update that failed on its host is charged",
        why="the price page charges where an update was performed and leaves out what is skipped",
        effect="two cents for each failed on-premises update",
        source="CodeDeploy pricing page",
        evidence="guess",
    ),
    time(
        "block_traffic_unregistered",
        "0 s",
        ("0 s", "300 s"),
        meaning="BlockTraffic on a host that is not registered, such as one that failed the deployment before",
        why="there is nothing to drain",
        effect="adds to the way back of hosts that failed",
        source="judgement",
        evidence="guess",
    ),
)
