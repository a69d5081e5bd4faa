"""Intents of messages and how they are judged, the knowledge base and its gaps. Pure: no engine, no Dagster, no clock."""
