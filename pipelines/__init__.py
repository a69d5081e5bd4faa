"""Definitions (the only assembly), jobs, schedules, sensors, and the command line."""
