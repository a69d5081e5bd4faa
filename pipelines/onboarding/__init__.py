"""What a shop meets before its first run: the check of its mapping and files."""
