"""Named lists of customers, week by week, and who of them may be reached."""
