"""What to show each customer next, what to offer again, and why."""
