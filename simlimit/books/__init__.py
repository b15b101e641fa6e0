"""Real books: portfolios to start from, payment histories, and the behaviour that they show."""
