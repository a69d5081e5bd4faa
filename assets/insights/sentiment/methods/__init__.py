"""Text models, aspects, and how they are judged. Pure: no engine, no Dagster, no clock."""
