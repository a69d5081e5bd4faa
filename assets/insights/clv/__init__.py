"""What each customer is expected to buy and to be worth."""
