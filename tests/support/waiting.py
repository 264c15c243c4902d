"""Waiting for a condition with a deadline: the only place where the tests pause."""

import time


class TimedOut(AssertionError):
    pass


def wait_for(condition, timeout_s, what, details=None, interval_s=0.05):
    """Calls `condition` until it returns something true, and returns that.

    `what` completes "waited N s for ..."; it and `details` may be callables, asked when time is up.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise TimedOut(f"waited {timeout_s:g} s for {_text(what)}" + ("\n" + _text(details) if details else ""))
        time.sleep(interval_s)


def pass_time(duration_s, work=None):
    """Lets a duration pass that is itself part of the test (an outage of 20 s), calling `work` meanwhile."""
    end = time.monotonic() + duration_s
    while time.monotonic() < end:
        if work:
            work()
        time.sleep(0.05)


def _text(value):
    return str(value() if callable(value) else value)
