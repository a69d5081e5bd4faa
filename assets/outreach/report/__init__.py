"""The weekly report: one page that a marketer reads on Monday."""
