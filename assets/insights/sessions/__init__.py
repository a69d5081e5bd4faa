"""Which visits end in a purchase."""
