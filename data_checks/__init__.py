"""The gate before every table, and per stage what is expected of its rows."""
