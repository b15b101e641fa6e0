"""What to do: the best of several alternatives, with a guarantee, under bounds and a budget."""
