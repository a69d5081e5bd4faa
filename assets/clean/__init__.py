"""Typed, de-duplicated, valid rows; the rest in quarantine with a reason."""
