"""Serve the page on stub models, for a browser: `python -m tests.made_page GRAPH`.

The word `lighthouse` stands for danger, so that no test has to name any, and `treehouse` for
somebody young. Where ATTUNE_STORE names a store, conversations can be kept there.
"""

import asyncio
import os
import sys
from typing import Any

from graphs.deployment import find_deployment
from tests.made_risk import grade
from tests.made_services import LABELS, example, stub_services
from tools.labels import Danger, Risk
from tools.records import RiskGrade
from tools.safety.policy import SafetyPolicy, load_policy
from ui.server import serve

CUES = {"worried": "fear", "glad": "joy", "tired": "sadness"}
SAID = "I am a little tired today."


class Lighthouse(SafetyPolicy):
    """The shipped policy with two more words."""

    def __init__(self, policy: SafetyPolicy) -> None:
        self.__dict__ = {**policy.__dict__}

    def grade(self, text: str, **more: Any) -> RiskGrade:
        if "treehouse" in text:
            return grade(Danger.MINOR, Risk.LOW)
        return grade() if "lighthouse" in text else super().grade(text, **more)


def main(graph: str) -> None:
    services = stub_services(
        example(situation="Someone waits <b>boldly</b>."),
        policy=Lighthouse(load_policy()),
        text={"cues": CUES, "scores": dict.fromkeys(LABELS, 1.0)},
        face={"scores": {**dict.fromkeys(LABELS, 1.0), "joy": 20.0}},
        ears={"text": SAID},
        chat={"delay": 0.06},
        deployment=find_deployment(),
    )
    store = os.environ.get("ATTUNE_STORE", "off")
    asyncio.run(serve(services, graph=graph, port=0, locale="en", store=store))


if __name__ == "__main__":
    main(sys.argv[1])
