"""What is known of each person, on one card."""
