"""Who buys and for how much, why, and how far inputs moved. Pure: no engine, no Dagster, no clock."""
