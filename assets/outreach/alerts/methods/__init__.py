"""Alerts in words and as messages, on rows."""
