"""How an event's time is divided between calls, clean-up after a failure, the response and the rest."""

from __future__ import annotations

import pytest

from chime_endpoints_handler.aws.deadline import Deadline, Phase
from chime_endpoints_handler.aws.failures.errors import OutOfTimeError

WORK, CLEANUP, ANSWER, AFTERWARDS = Phase


@pytest.mark.parametrize(
    ("at_entry", "until_answer", "for_work", "for_cleanup", "for_first_answer"),
    [
        (300.0, 290.0, 270.0, 290.0, 297.0),
        (50.0, 45.0, 35.0, 45.0, 47.5),
        (5.0, 4.0, 3.0, 4.0, 4.5),
        (1.0, 0.5, -0.2, 0.0, 0.5),
        (-1.0, 0.0, -2.0, -2.0, -1.5),
    ],
)
def test_each_phase_leaves_enough_for_those_that_follow(
    at_entry: float, until_answer: float, for_work: float, for_cleanup: float, for_first_answer: float
) -> None:
    """F42: the response gets a tenth, from 1 to 10 seconds; the clean-up gets a fifth, at most 20 seconds."""
    deadline = Deadline(lambda: at_entry)
    assert deadline.until_answer == pytest.approx(until_answer)
    found = [deadline.for_calls()]
    for phase in (CLEANUP, ANSWER, AFTERWARDS):
        deadline.enter(phase)
        found.append(deadline.for_calls())
    assert found == pytest.approx([for_work, for_cleanup, 0.0, at_entry])
    assert deadline.for_answer(is_last=False) == pytest.approx(for_first_answer)
    assert deadline.for_answer(is_last=True) == at_entry


def test_an_earlier_phase_is_not_gone_back_to() -> None:
    """F42: a failure during the clean-up does not start another clean-up."""
    deadline = Deadline(lambda: 100.0)
    for phase in (CLEANUP, WORK):
        deadline.enter(phase)
    assert deadline.for_calls() == 90.0


def test_no_call_begins_without_time_for_it() -> None:
    """F42: if there is no time for a call, the error says what to do."""
    deadline = Deadline(lambda: 100.0)
    deadline.check("TagResource")
    deadline.left = lambda: 30.0
    with pytest.raises(OutOfTimeError) as failure:
        deadline.check("TagResource")
    assert str(failure.value) == (
        "CE-512: No time was left to call TagResource. Deploy again. If this happens again, increase the"
        " function's timeout."
    )
