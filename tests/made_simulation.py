"""Simulations on stub models, and dialogues written by hand."""

import asyncio
from collections.abc import Sequence
from typing import Any

from agents.context import Services
from graphs.keeping.saver import Saver
from graphs.shelf import Shelf
from graphs.simulation.chain import Chain
from graphs.simulation.dialogue import Supporter
from graphs.simulation.profiles import SeekerProfile
from graphs.simulation.records import Exchange, Simulated
from graphs.simulation.run import Simulation
from graphs.simulation.seeker import read_seeker_prompt
from tests.made_services import stub_services
from tools.backends.stub_seeker import Options, StubSeeker
from tools.catalogue import ModelConfig
from tools.chat import ChatBackend, ChatHost
from tools.models import Bound

SCORES = {"sadness": 0.7, "surprise": 0.2, "neutral": 0.1}


def profile(**changes: Any) -> SeekerProfile:
    traits = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
    made: dict[str, Any] = {
        "id": "kite-maker",
        "gender": "a woman",
        "age": 40,
        "occupation": "a maker of kites",
        "personality": dict.fromkeys(traits, "calm"),
        "topic": "Friends and family",
        "subtopic": "a broken kite",
        "situation": "My cousin borrowed my best kite for the festival. It came back torn.",
        "event": {
            "time": "on Sunday",
            "place": "on the beach",
            "people": ["my cousin"],
            "what": "My cousin handed me the torn kite and shrugged.",
        },
        "emotion": "anger",
        "feelings": ["angry", "sorry"],
        "tried": [{"did": "I mended the silk.", "went": "It still pulls to the left."}],
        "goals": ["I want my cousin to say something."],
    }
    return SeekerProfile.model_validate({**made, **changes})


def seeker_model(backend: ChatBackend | None = None, **options: Any) -> Bound:
    """Return a language model that plays seekers; by default the stub that reads the notes."""
    made = backend or StubSeeker(Options(**options))
    config = ModelConfig(task="respond", backend="stub-seeker")
    return Bound("made-seeker", config, ChatHost("made-seeker", lambda: made))


def simulation(
    *people: SeekerProfile,
    services: Services | None = None,
    seeker: Bound | None = None,
    turns: int = 5,
    seed: int = 0,
    graph: str = "support",
) -> Simulation:
    services = services or stub_services()
    return Simulation(
        supporter=Supporter(Shelf(services, Saver()).current(graph), services),
        profiles=people or (profile(),),
        seeker=seeker or seeker_model(),
        prompt=read_seeker_prompt(),
        turns=turns,
        seed=seed,
    )


def chain(**changes: Any) -> Chain:
    made: Any = {
        "situation": {
            "emotion": "sadness",
            "confidence": 0.7,
            "scores": SCORES,
            "disagreement": "",
            "moment": "",
            "risk": "none",
            "thoughts": {},
        },
        "thought": {"thoughts": {}},
        "action": {
            "system_emotion": "neutral",
            "scores": {},
            "why": "",
            "route": "support",
            "writer": "respond",
        },
        "strategy": {"label": "Open question", "why": "It is early.", "scores": {}},
        "text": "",
    }
    for name, values in changes.items():
        made[name] = {**made[name], **values}
    return Chain(**made)


GOOD = [
    ("My cousin gave my kite back torn.", "It came back damaged. How did you notice?"),
    ("The silk had a rip as long as my arm.", "So much work, gone in a day."),
    ("Nobody even told me on the phone.", "That silence may have stung most."),
    ("Thanks, I have to go now.", "Take good care of yourself."),
]


def dialogue(
    lines: Sequence[tuple[str, str]] = GOOD,
    *,
    index: int = 0,
    fixed: Sequence[int] = (),
    **changes: Any,
) -> Simulated:
    made: dict[str, Any] = {
        "id": f"0-{index:05d}",
        "index": index,
        "profile": "kite-maker",
        "ended": "farewell",
        "error": "",
        "turns": [
            Exchange(said, reply, chain(), number in fixed)
            for number, (said, reply) in enumerate(lines)
        ],
    }
    return Simulated(**{**made, **changes})


def held(made: Simulation, index: int = 0) -> Simulated:
    """Hold one dialogue from a test that is not asynchronous."""
    return asyncio.run(made.dialogue(index))
