"""Trading calendar, forecasters, their choice and intervals. Pure: no engine, no Dagster, no clock."""
