"""What many replications say: studies, comparisons, sweeps."""
