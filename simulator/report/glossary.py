"""Words the report uses, what it leaves out, and what is asked of the people who decide."""

from __future__ import annotations

GLOSSARY = {
    "bake": "time a new version takes traffic before the rollout goes on or its old capacity is let go",
    "blast radius": "share of users or requests that meet the bad version",
    "burn rate": "how many times faster than allowed the error budget is being spent",
    "canary": "a small first share of traffic or targets that meets the new version before the rest",
    "confidence interval": "range that holds the true value of the model in 95 of 100 such experiments; "
    "it says nothing "
    "about whether the model is right",
    "CVaR": "mean of the worst 5 % of deployments",
    "error budget": "requests that may fail in the objective's window before the objective is missed",
    "exposure": "production requests routed to a bad version, answered well or not",
    "percentile": "value at or below which that share of deployments lies",
    "replication": "one simulated deployment; the same replication is the same world for every strategy",
    "residual risk": "risk that stays with the recommended strategy and its alarms in place",
    "rollback": "way back to the previous version, by CodeDeploy itself or by a person",
    "stratum": "good or bad release; each is simulated apart and weighted by its probability",
    "tolerance": "loss from which on the board would call a deployment unacceptable",
    "downtime, user-weighted": "share of requests failing, added up over time: ten minutes at 10 % is one minute",
}

NOT_MODELLED = {
    "Correlated regional failure": "a fault of the region would hit every strategy, and the way back too",
    "Data corruption and schema changes": "harm done to data stays when the revision is rolled back",
    "Security": "a vulnerability that goes out, or stays because a fix is rolled back, has no mechanism here",
    "Reactions of third parties": "clients that retry, back off or switch away change the load",
    "Human error beyond delays": "people are slow here, never wrong: they do not roll back the wrong thing",
    "Concurrent changes": "another deployment, a configuration change or a scaling event at the same time",
    "Cost of reputation": "a failed request has the price the scenario gives it, if any, and no other",
    "Dependencies": "databases, queues and services behind this one are as fast and as available as ever",
    "Session affinity": "requests spread evenly; whether the same users stay on the bad version is not followed",
}

# The policy is a proposal: levels and authorities belong to the organisation (ITIL 4, change enablement).
ROUTES = {
    "Very Low": "standard change, recorded afterwards, if the rollback was rehearsed in the last 90 days",
    "Low": "standard change, recorded afterwards, if the rollback was rehearsed in the last 90 days",
    "Moderate": "normal change, decided by a peer and the service owner",
    "High": "normal change, decided by the change board; the conditions are mandatory",
    "Very High": "not without redesign: a smaller step, more stages, or a feature flag",
}

# What a way back is, by compute platform and deployment type. Source: CodeDeploy user guide, "Redeploy and roll back a
# deployment" and "Overview of CodeDeploy deployment types".
MECHANISMS = {
    ("server", "in_place"): "a new deployment of the previous revision to the fleet",
    ("server", "blue_green"): "traffic goes back to the original instances, while there are any",
    ("lambda", "blue_green"): "the alias goes back to the previous version",
    ("ecs", "blue_green"): "traffic goes back to the original task set, while there is one",
}
MECHANISM = "production traffic goes back to the previous revision"

READINESS = (
    "architecture and dependencies",
    "instrumentation and monitoring",
    "emergency response",
    "capacity",
    "change management",
    "performance",
)
