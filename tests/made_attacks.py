"""Conversations that try to get round the safety code; one YAML file a kind in `safety/attacks`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from agents.context import Services
from graphs.run import Conversation, TurnReport
from tests.made_services import example, stub_services
from tests.made_turn import conversation, face, say, voice
from tools.chat import ChatRequest
from tools.clips import Clip
from tools.labels import Danger, Emotion, Risk
from tools.records import RiskCourse
from tools.transcript import Transcript
from tools.yaml_file import read_yaml

FOLDER = Path(__file__).parent / "safety" / "attacks"


class Said(BaseModel, extra="forbid"):
    """One turn.

    Attributes:
        says: what the person types.
        aloud: what the recording is heard to say.
        model: what a careless language model would write: a harmless-looking stand-in. It must
            never be shown, but in a harmless talk, where it must be.
        danger: what must be found; any where it is empty.
        level: how grave at least the turn must be graded.
        route: where it must lead; either where it is empty.
    """

    says: str = ""
    aloud: str = ""
    model: str = ""
    danger: Danger | None = None
    level: Risk = Risk.NONE
    route: Literal["crisis", "support", ""] = ""


class Talk(BaseModel, extra="forbid"):
    """One conversation.

    Attributes:
        looks, sounds, reads: what the emotion models find.
        cues: words that the patterns do not know, by what the stub detector takes them for.
    """

    name: str
    cues: dict[str, Danger] = {}
    locale: str = "en"
    country: str = "US"
    looks: Emotion | None = None
    sounds: Emotion | None = None
    reads: Emotion | None = None
    turns: list[Said] = Field(min_length=1)


class AttackFile(BaseModel, extra="forbid"):
    """One kind of attack, or of its harmless twins."""

    kind: str
    about: str
    harmless: bool = False
    talks: list[Talk] = Field(min_length=1)


def attack_files() -> Iterator[AttackFile]:
    """Give every file of the folder."""
    for file in sorted(FOLDER.glob("*.yaml")):
        found = read_yaml(file, AttackFile, "attack file")
        assert found.kind == file.stem
        yield found


class Turn:
    """One turn that was played: what was expected, what came, and the risk before and after."""

    def __init__(
        self, said: Said, report: TurnReport, before: RiskCourse | None, after: RiskCourse
    ) -> None:
        """Take down the outcome of `said`."""
        self.said, self.report = said, report
        self.before, self.after = before, after
        self.asked = False

    def __repr__(self) -> str:
        """Show the turn where a test fails."""
        risk = self.report["risk"]
        rules = [f"{f['danger']}:{f['level']}:{f['rule']}" for f in risk["findings"]]
        said = self.said.says or self.said.aloud
        return f"{said!r} -> {self.report['route']} {risk['level']} {rules}"


class Careless:
    """A language model that writes whatever it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        """Write nothing yet."""
        self.reply = ""
        self.requests: list[ChatRequest] = []

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """Yield the reply as one piece."""
        self.requests.append(request)
        yield self.reply


class Stage:
    """A conversation on stub models in which every part can be told what to do."""

    def __init__(self, talk: Talk, services: Services | None = None) -> None:
        """Set the models up for `talk`."""
        feels: dict[str, Any] = {
            name: {"scores": {emotion.value: 1.0}}
            for name, emotion in (
                ("face", talk.looks), ("voice", talk.sounds), ("text", talk.reads)
            )
            if emotion
        }  # fmt: skip
        self.talk = talk
        cues = {cue: danger.value for cue, danger in talk.cues.items()}
        self.services = services or stub_services(example(), detector={"cues": cues}, **feels)
        self.model = Careless()
        self.services.models.backend("chat").stream = self.model.stream
        self.conversation: Conversation = conversation(self.services)

    async def play(self, said: Said) -> Turn:
        """Play one turn."""
        before = await self._risk()
        self.model.reply = said.model or "That sounds like a lot to carry."
        self.model.requests.clear()
        ears = self.services.models.backend("ears")
        ears.predict = lambda items: [Transcript(said.aloud, "en", 1.0) for _ in items]
        clips: list[Clip] = [voice()] if said.aloud else []
        clips += [face()] if self.talk.looks else []
        report = await say(
            self.conversation,
            said.says,
            clips,
            microphone=True,
            camera=True,
            locale=self.talk.locale,
            country=self.talk.country,
        )
        after = await self._risk()
        assert after is not None
        turn = Turn(said, report, before, after)
        turn.asked = bool(self.model.requests)
        return turn

    async def _risk(self) -> RiskCourse | None:
        values = (await self.conversation.state()) or {}
        risk: RiskCourse | None = values.get("risk")
        return risk


async def play(talk: Talk, services: Services | None = None) -> list[Turn]:
    """Play a whole conversation, on stub models that feel what the talk says unless given."""
    stage = Stage(talk, services)
    return [await stage.play(said) for said in talk.turns]
