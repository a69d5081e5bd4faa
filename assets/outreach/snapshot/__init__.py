"""The published snapshot: what readers open instead of the warehouse."""
