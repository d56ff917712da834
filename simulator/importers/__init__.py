"""The door for other people's files: AppSpec files and the JSON of the AWS CLI into the model.

`appspec`, `deployment_config` and `alarms` read one format each and say what they read, guessed and could not
see; `observations` reads one column of a CSV file; `recognise` tells which format a file has. Under them,
`files` opens what may be opened, `document` turns YAML and JSON into data whose every value knows its line
(`places`), and `wording` puts the model's complaints into words. The scenario door stands on the same four.
"""
