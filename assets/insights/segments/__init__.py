"""Which kinds of customers a shop has, who belongs to which, and who moved."""
