"""Whether a session ends in a purchase, and what spoke for it. Pure: no engine, no Dagster, no clock."""
