"""What customers ask service: the intent of each message, contacts as of each Monday, what no answer is there for."""
