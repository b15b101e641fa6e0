"""What to decide: which assumptions matter, and which alternative is best."""
