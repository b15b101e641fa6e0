"""Where a hold is in its life. A hold in appeal is at the desk, too; a free record can be used again."""

# A hold whose payment is not good stands at settlement, too: its loan not settled; settled; settled early.
#
# From ``NOT_GOOD`` to ``QUEUED`` a hold stands in a list.
AT_SETTLEMENT, WAITING, NOT_GOOD, CLEARING, CLEARING_EARLY, AT_DESK, IN_APPEAL, QUEUED = range(8)
RELEASED, FORFEITED, FREE = range(8, 11)
