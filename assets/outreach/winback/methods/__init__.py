"""The plan of actions, on arrays."""
