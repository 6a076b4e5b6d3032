"""The detector of danger and the guard fail closed, and soon."""

import json

from tests.made_services import stub_services
from tests.made_turn import conversation, say


async def test_r3_a_detector_that_is_left_alone_counts_as_danger_at_once() -> None:
    services = stub_services(detector={"fail": "it broke"})
    for _ in range(4):
        report = await say(conversation(services), "Hello.", country="US")
        assert report["route"] == "crisis"
    assert "left alone" in json.dumps(report["notes"])


async def test_a_guard_that_is_left_alone_lets_nothing_of_a_model_through() -> None:
    services = stub_services(guard={"fail": "it broke"})
    fixed = services.phrases.for_locale("en").replies
    for _ in range(4):
        report = await say(conversation(services), "I keep waiting.")
        assert report["reply"] in fixed
    assert "Resting" in json.dumps(report["notes"])
