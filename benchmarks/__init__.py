"""One command a claim in the README: `python -m benchmarks.NAME`."""
