"""Scenarios of dialogue patterns: `tests/scenarios/NAME.yaml`, run on stub services."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from agents.context import Context, Services
from agents.state import ConversationState
from graphs.run import Conversation, Finished, Sentence
from tests.made_services import stub_services
from tests.made_turn import conversation, face, voice

FOLDER = Path(__file__).parent / "scenarios"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
DAY = 86_400.0


class Turn(BaseModel, extra="forbid"):
    """One turn, and what is expected of it; what is left out is not looked at.

    Attributes:
        says: what the person types.
        voice: there is a recording; the scenario says what is heard in it.
        face: there is a picture of a face; likewise.
        after: days since the turn before.
        context: settings of the turn.
        moment: the moment that was found.
        route: `support` or `crisis`.
        writer: the node that wrote the reply.
        strategy: the planned strategy.
        phrase: the moment of the phrase files of which the reply has a wording.
        language: that of the phrase.
        asks: whether the reply holds a question.
        holds: pieces of the reply.
        lacks: pieces that the reply does not have.
    """

    says: str = ""
    voice: bool = False
    face: bool = False
    after: float = 0.0
    context: dict[str, Any] = {}
    moment: str | None = None
    route: str = "support"
    writer: str | None = None
    strategy: str | None = None
    phrase: str = ""
    language: str = "en"
    asks: bool | None = None
    holds: list[str] = []
    lacks: list[str] = []


class Scenario(BaseModel, extra="forbid"):
    """One conversation.

    Attributes:
        about: what it shows.
        graph: the graph that it runs on.
        heard: what speech recognition makes of every recording.
        languages: those that speech recognition knows.
        looks: the emotion that every face is read as, with a probability of 0.9.
        broken: the senses that fail, `ears` or `face`.
        turns: one after another.
    """

    about: str
    graph: str = "support"
    heard: str = ""
    languages: list[str] = ["en", "es", "fr", "de"]
    looks: str = "neutral"
    broken: list[str] = []
    turns: list[Turn]


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Stage:
    """A conversation of one scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self.clock = Clock()
        fails = {sense: {"fail": "made to fail"} for sense in scenario.broken}
        self.services: Services = stub_services(
            clock=self.clock,
            chat={"reply": "That is a lot. What happened then?"},
            face={"scores": {scenario.looks: 0.9, "surprise": 0.1}, **fails.get("face", {})},
            ears={
                "text": scenario.heard,
                "languages": scenario.languages,
                **fails.get("ears", {}),
            },
        )
        self.talk: Conversation = conversation(self.services, scenario.graph)

    def wordings(self, language: str, moment: str) -> list[str]:
        return self.services.phrases.for_locale(language).moments[moment]

    async def take(self, turn: Turn) -> tuple[ConversationState, str, str]:
        """Run one turn; return the state after it, the reply, and the route."""
        self.clock.now += turn.after * DAY
        clips = [face()] * turn.face + [voice()] * turn.voice
        settings = {"disclosed": True, "camera": True, "microphone": True, **turn.context}
        said: list[str] = []
        route = ""
        async for event in self.talk.send(turn.says, clips, Context(**settings)):
            if isinstance(event, Sentence):
                said.append(event.text)
            elif isinstance(event, Finished):
                route = event.report["route"]
        config: Any = {"configurable": {"thread_id": self.talk.id}}
        state = (await self.talk.version.graph.aget_state(config)).values
        return state, " ".join(said), route


def read_scenario(name: str) -> Scenario:
    return Scenario.model_validate(yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8")))
