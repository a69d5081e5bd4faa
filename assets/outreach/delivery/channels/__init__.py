"""A module a kind of channel: how a message is written and signed for it, and what its answers mean."""
