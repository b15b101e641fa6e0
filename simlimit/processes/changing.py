"""A field of the scenario that changes during a run, and the records that follow it."""

import numpy as np

from simlimit.model import parameters, preparation, records, state
from simlimit.scenario import Scenario, in_regions


def change_parameters(s: state.State, scenario: Scenario, regions: tuple[str, ...]) -> records.Record:
    """Let a run go on by a changed scenario; return the part of the desk, which it takes later.

    Nothing that runs share is written to. `simlimit.model.actions.go_on_changed` must follow.
    """
    new = parameters.first_records(scenario, s.behaviour.late_scale)[0]
    preparation.check_sums(new, s.book, len(s.borrowers))
    new.limits.blocking |= s.limits.blocking
    for part in ("rules", "screening", "funding", "limits", "evaluation"):
        s.records[part] = new[part]
    # So many holds without a claim, and cents of claims: the pool stands in order, and is gone through.
    s.totals.arrival_claims = s.totals.claimless = 2**60
    own = s.regions.copy()
    own["false_flag"] = in_regions(scenario, "false_flag", regions)
    s.attach("regions", own)
    s.attach("facilities", parameters.facility_records(scenario))
    s.attach("reviewers", np.resize(s.reviewers, max(len(s.reviewers), new.review.reviewers)))
    s.attach("asking", np.resize(s.asking, len(s.borrowers)))
    return new.review
