"""Which RFM class each buyer is in by the shop's stated cut points, and who moved."""
