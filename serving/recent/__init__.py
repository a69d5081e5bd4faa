"""What customers did since the snapshot was published, scored by the same SQL and the same models as the run."""
