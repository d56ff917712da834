"""What a rollout is made of: frozen, validated, silent; no I/O and no clock.

Start with `scenario` (the world and its strategies), then `service` (what is updated), `release` (what may be
wrong with the revision and around it), `deployment_configuration` (how fast and how carefully), `alarm`
(CloudWatch's own fields), `context` (traffic, people, objectives, decision) and `assumptions` (every open
reading by name). `distribution` and `quantity` are how a random quantity and a unit become fields.
"""
