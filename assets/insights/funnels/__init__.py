"""How many visits come from looking to buying."""
