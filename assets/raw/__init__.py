"""Rows as they were delivered, one table a contract table."""
