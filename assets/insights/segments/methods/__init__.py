"""Clusters, their choice and their names; RFM scores. Pure: no engine, no Dagster, no clock."""
