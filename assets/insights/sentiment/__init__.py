"""What customers say: sentiment and aspects of reviews, satisfaction by product, trends by aspect."""
