"""The asset graph, one room a stage or question."""
