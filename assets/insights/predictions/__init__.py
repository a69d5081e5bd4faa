"""Who will buy within the shop's horizon, who will not, for how much, and whether it came true."""
