"""Where candidates come from: one module a source."""
