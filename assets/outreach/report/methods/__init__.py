"""What the report says, by rules: plain functions from rows to sentences, tables and charts."""
