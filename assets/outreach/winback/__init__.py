"""Whom to write to, with what, for what money."""
