"""How many tasks are still to be expected of what is under way, so that no request is sent that is not needed."""

from __future__ import annotations


class Forecast:
    """Expects of what is open what came of what is done, and at first that 40% of what is asked is accepted.

    Args:
        ask: how many instructions a request asks for.
    """

    def __init__(self, ask: int) -> None:
        self._requests, self._accepted = 2.0, 0.8 * ask
        self._completed, self._good = 5.0, 4.0
        self._first_good, self._open = self._good, 0

    def committed(self, accepted: int) -> None:
        """A request is done, and gave so many accepted instructions."""
        self._requests += 1
        self._accepted += accepted
        self._open += accepted

    def completed(self, *, good: bool) -> None:
        """An accepted instruction became a finished task, or did not."""
        self._completed += 1
        self._good += good
        self._open -= 1

    def expected(self, open_requests: int) -> float:
        """Tasks that are finished, and those to come of open candidates and of `open_requests` requests."""
        coming = self._open + open_requests * self._accepted / self._requests
        return self._good - self._first_good + coming * self._good / self._completed
