"""The model: state, transitions and random numbers."""
