"""What service was asked, by whom, about what, and how well it answered, as of each Monday."""
