"""The AWS rule book: pure decisions, no clock, no randomness, each with its source.

How many targets may start now, when the next tenth of the traffic shifts, which lifecycle events run on a
target and whose scripts, whether these datapoints mean ALARM: each is a function of plain data that AWS's
own worked examples test directly. Processes in ``engine/`` ask a rule and then wait, draw and record; nothing
here knows the time. Start with `healthy_hosts` (batches on a fleet), `traffic_shift` (Lambda and ECS),
`lifecycle` (events and scripts) and `alarms` (what CloudWatch makes of a row of slots); `rollback`,
`load_balancer`, `limits`, `composite_alarms` and `metric_math` stand beside them.
"""
