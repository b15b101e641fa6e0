"""The economy: one factor a month by which all miss payments more or less often."""

import math

from simlimit.model import streams
from simlimit.model.compiling import transition
from simlimit.model.randomness import uniforms
from simlimit.model.state import State


@transition
def draw_economy(s: State) -> None:
    """Draw the factor of each month: log-normal of mean 1, autoregressive in its logarithm."""
    sd, c = s.economy.sd, s.economy.persistence
    x = 0.0
    for month in range(len(s.economy_factors)):
        u = uniforms(s.run, streams.ECONOMY, 0, month, 0)
        z = math.sqrt(-2.0 * math.log(u[0])) * math.cos(2.0 * math.pi * u[1])
        x = z if month == 0 else c * x + math.sqrt(1.0 - c * c) * z
        s.economy_factors[month] = math.exp(sd * x - 0.5 * sd * sd)
