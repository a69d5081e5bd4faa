"""The gate: stage, audit, publish, book. Suites of expectations stand beside it, one module a stage or room; what stands here
knows no table by name."""
