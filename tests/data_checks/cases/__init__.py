"""A case a table: good rows, and for each expectation of its suite the fault that breaks it. One module a stage or room."""
