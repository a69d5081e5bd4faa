"""What the next trading days will bring: orders, revenue, demand by category."""
