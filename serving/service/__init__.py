"""Customer service, live: who asks, what is answered, and when a person takes over. It reads the published snapshot and writes the inbox."""
