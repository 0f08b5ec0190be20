"""A table of what was called, what came and whether that is right."""

import sys
import time
import traceback


class Checks:
    def __init__(self, client):
        self.client = client
        self.failed = 0
        print(f"\n{client}\n" + "-" * len(client))

    def run(self, what, call):
        """Runs a check, which returns what to tell and raises when something is wrong."""
        start = time.monotonic()
        try:
            told = call()
            verdict = "ok"
        except Exception as failure:  # every check is told, whatever happens in one
            told = "".join(traceback.format_exception_only(type(failure), failure)).strip()
            where = traceback.extract_tb(failure.__traceback__)[-1]
            told = f"{told} (line {where.lineno})"
            verdict = "FAILED"
            self.failed += 1
        print(f"{verdict:6} {(time.monotonic() - start) * 1000:7.0f} ms  {what:42} {told}")

    def end(self):
        print(f"{self.client}: {self.failed} failed")
        sys.exit(1 if self.failed else 0)


def equal(actual, expected):
    if actual != expected:
        raise AssertionError(f"{actual!r} (expected: {expected!r})")
    return actual


def holds(condition, what):
    if not condition:
        raise AssertionError(f"not so: {what}")
