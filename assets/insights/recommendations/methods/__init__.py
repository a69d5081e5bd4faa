"""Sources, their blend, lists and reasons. Pure: no engine, no Dagster, no clock."""
