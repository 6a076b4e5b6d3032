"""Put what voice and face show into one hedged sentence: SMES' clue (arXiv 2408.03650).

SMES lets a video-language model describe the clip and appends that to the utterance before any
label is predicted. Its clues are often wrong about gender and sound surer than they are. Here the
sentence is a template filled from the readings, or, where a model of the task `describe` is bound,
that model's; neither says more than "it seems".
"""

from langgraph.runtime import Runtime
from pydantic import Field

from agents.context import Context, Kit, Update
from agents.node import node
from agents.prompt import Prompt
from agents.senses import SenseOptions, attempt, face_clip
from agents.state import ConversationState
from agents.think import heard, refusal
from tools.labels import EKMAN
from tools.perceived import Perceived
from tools.records import Note, Reading
from tools.scene import Scene
from tools.sentences import split

_LIKELY, _POSSIBLE = 0.5, 0.3
"""Discounted probabilities from which a reading is called likely, and possible; ours."""


class ClueOptions(SenseOptions):
    """Options of the clue.

    Attributes:
        experimental: tell of readings that weigh nothing too, as hardly sure. A clue is prose, and
            who reads it takes no weight off: such a reading would come in by the back door that
            fusion keeps shut.
        frames: how many pictures of the clip a bound model is shown.
        timeout: seconds after which the template stands in for the model.
    """

    experimental: bool = False
    frames: int = Field(default=6, ge=1, le=32)


@node(
    reads=("readings", "clips"),
    wants=("words", "heard"),
    writes=("thoughts", "notes"),
    options=ClueOptions,
    model="describe",
    prompt="clue",
)
async def clue(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Say how the person seems; nothing where neither voice nor face tells anything.

    A model is shown pictures only of an adult who allows the camera, and the safety policy reads
    what it says. Without one, and where it fails, the template speaks.
    """
    assert isinstance(kit.options, ClueOptions)  # `Node.parse` made it
    described, notes = await _described(state, runtime.context, kit)
    readings = {} if described else state["readings"]
    if described and "voice" in state["readings"]:
        readings = {"voice": state["readings"]["voice"]}  # the model saw pictures alone
    told = sentence(readings, kit.prompt, experimental=kit.options.experimental)
    text = " ".join(part for part in (described, told) if part)
    return {"thoughts": {"clue": text} if text else {}, "notes": notes}


def sentence(readings: dict[str, Reading], prompt: Prompt, *, experimental: bool = False) -> str:
    """Return the template's sentence; empty when there is nothing to tell.

    Args:
        readings: of the turn; those of voice and face count.
        prompt: the wordings.
        experimental: tell of readings without a weight too.
    """
    used = {
        name: readings[name]
        for name in ("face", "voice")
        if name in readings
        and not readings[name]["missing"]
        and (readings[name]["weight"] > 0 or experimental)
    }
    felt = prompt.entries("felt")
    words = {name: felt[r["label"]] for name, r in used.items() if r["label"] in felt}
    sure = {name: _sureness(used[name]) for name in words}
    if not words:
        return ""
    if len(words) == 2 and words["face"] != words["voice"]:
        return prompt.fill(
            "sentence/both",
            **words,
            sure=prompt.fill(f"sure/{sure['face']}"),
            unsure=prompt.fill(f"unsure/{sure['voice']}"),
        )
    name = "same" if len(words) == 2 else next(iter(words))
    best = min(sure.values(), key=("likely", "possible", "hardly").index)
    return prompt.fill(f"sentence/{name}", **words, sure=prompt.fill(f"sure/{best}"))


def _sureness(reading: Reading) -> str:
    """Return how sure a reading is, discounted by its weight as in fusion."""
    weight = reading["weight"]
    chance = weight * reading["confidence"] + (1 - weight) / len(EKMAN)
    if weight == 0 or chance < _POSSIBLE:
        return "hardly"
    return "likely" if chance >= _LIKELY else "possible"


async def _described(
    state: ConversationState, context: Context, kit: Kit
) -> tuple[str, list[Note]]:
    """Return what the bound model says of the pictures, and a note where it may not be used."""
    assert isinstance(kit.options, ClueOptions)  # `Node.parse` made it
    count = kit.options.frames
    if kit.model is None:
        return "", []

    async def work() -> str:
        clip = face_clip(state, context, kit)
        step = max(1, len(clip.frames) // count)
        scene = Scene(tuple(clip.frames[::step][:count]), kit.prompt.fill("describe"))
        found: str = await kit.need_model().host.infer(scene)
        return found

    found = await attempt(work, kit)
    if isinstance(found, Perceived):
        if found.missing == "not given":
            return "", []
        return "", [_note(kit, f"not described: {found.note or found.missing}")]
    text = next(iter(split(found.strip())), "")
    if not text:
        return "", [_note(kit, "not described: no answer")]
    if rule := refusal(text, kit.services.policy, private=kit.private, heard=heard(state)):
        return "", [_note(kit, f"the description was refused: {rule}")]
    return text, []


def _note(kit: Kit, text: str) -> Note:
    return Note(node=kit.name, text=text)
