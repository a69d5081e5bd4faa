"""What is sent to the shop's own people: the outbox, the channels, the step that delivers."""
