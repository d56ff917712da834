"""What a rollout is made of: frozen, validated, silent; no I/O and no clock.

Start with `scenario` (the world and its strategies), then `service` (what is updated, one module a platform),
`release` and `faults` (what may be wrong with the revision and around it), `deployment_configuration` (how fast and
how carefully), `blue_green` and `stages` (how a strategy goes about it), `alarm` (CloudWatch's own fields),
`traffic` and `context` (requests, people, objectives, decision) and `assumptions` (every open reading by name).
`platforms` holds what AWS's platforms differ in, `fit` whether a strategy can start in its world, and `unsimulated`
what can be said and is not simulated. `distribution` and `quantity` are how a random quantity and a unit become fields.
"""
