"""Clusters, their choice and their names. Pure: no engine, no Dagster, no clock."""
