"""Figures of several runs: least, median, most."""

import statistics


class Samples:
    def __init__(self, values):
        self.values = sorted(float(value) for value in values)
        if not self.values:
            raise ValueError("no values")

    @property
    def low(self):
        return self.values[0]

    @property
    def high(self):
        return self.values[-1]

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def spread(self):
        """How far apart the runs are, as a share of their median."""
        return (self.high - self.low) / self.median if self.median else 0.0

    def overlaps(self, other):
        return self.low <= other.high and other.low <= self.high


def percentile(values, share):
    """The smallest value that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def ratio(value, base):
    return value / base if base else None
