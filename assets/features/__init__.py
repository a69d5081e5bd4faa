"""What is known of every customer: by day, and as of a date."""
