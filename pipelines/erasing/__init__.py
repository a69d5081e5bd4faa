"""Erasure: one person, from what was delivered to what was published."""
