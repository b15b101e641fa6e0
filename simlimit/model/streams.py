"""Streams of random numbers: what a number is for (docs/model.md 2.10)."""

POPULATION, DUE, WISH, SCREEN, REVIEW, SHOCK, REACT, LEVER, FLAG = range(1, 10)
ARRIVAL, ECONOMY, CLEARING = range(10, 13)
