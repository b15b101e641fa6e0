"""Where a hold is in its life. A hold in appeal is at the desk, too; a free record can be used again."""

AT_SETTLEMENT, WAITING, AT_DESK, IN_APPEAL, QUEUED, RELEASED, FORFEITED, FREE = range(8)
