"""All calls in any order, against a reference model of the services."""

from tests.states.calls import compare


def test_all_calls_in_any_order():
    """Whatever is called in whichever order, status, body and state are the model's."""
    compared = compare(100)

    assert compared > 4000
