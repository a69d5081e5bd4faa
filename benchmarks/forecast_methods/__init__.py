"""Forecasters that were measured and that no shop runs."""
