"""One folder a shop: how its files become the contract tables."""
