"""Real books: portfolios to start from, payment histories, and what they say of behaviour."""
