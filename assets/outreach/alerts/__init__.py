"""What a shop is to be warned of, and how it is told."""
