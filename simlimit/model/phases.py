"""The phases of a day, in their order (docs/model.md 2.1)."""

SHOCKS, PAY, EVALUATE, REVIEW, FUND, ACT, RECORD = range(7)
