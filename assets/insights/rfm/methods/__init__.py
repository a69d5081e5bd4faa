"""Cut points, scores, and the classes they give. Pure: no engine, no Dagster, no clock."""
