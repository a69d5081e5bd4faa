"""What others are told, from the published snapshot alone."""
