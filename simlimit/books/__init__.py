"""Real books: portfolios to start from, payment histories, and the behaviour that they show."""

from simlimit.books.portfolio import own_book, with_saved_book

__all__ = ["own_book", "with_saved_book"]
