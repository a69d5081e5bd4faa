"""Purchase and order-value models, their value, and how they are judged. Pure: no engine, no Dagster, no clock."""
