"""Randomised comparisons, on arrays."""
