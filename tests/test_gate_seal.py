"""Values that a browser carries and cannot make."""

import pytest

from ui.gate.seal import Seal


def test_what_was_sealed_is_read_again_also_after_a_restart() -> None:
    sealed = Seal("key").sign("visitor", "value.s")
    assert sealed.startswith("value.s.") and Seal("key").read("visitor", sealed) == "value.s"


def test_what_was_sealed_for_one_purpose_or_with_another_key_is_nothing() -> None:
    sealed = Seal("key").sign("visitor", "value")
    assert Seal("key").read("pass", sealed) == Seal("other").read("visitor", sealed) == ""
    assert Seal().read("visitor", Seal().sign("visitor", "value")) == ""
    assert Seal("key").key("visitor") != Seal("key").key("pass")


@pytest.mark.parametrize("made", ["", ".", "value", "value.", ".x", "välue.x", "\udc80.x", "a.b.c"])
def test_what_was_made_elsewhere_is_nothing(made: str) -> None:
    assert Seal("key").read("visitor", made) == ""
