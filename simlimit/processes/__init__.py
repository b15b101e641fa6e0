"""Processes of the user's own: the clock that they wait by, what they see, and what they can do."""
