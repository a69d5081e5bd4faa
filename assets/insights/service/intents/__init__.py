"""The intent of each message."""
