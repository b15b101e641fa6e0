"""One simulated history: how it is asked for, its tables, and what they say about waiting."""
