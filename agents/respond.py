"""Write the reply, sentence by sentence, in the planned strategy and stance."""

import re

from langchain_core.messages import AIMessage
from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from agents.briefing import brief
from agents.context import Context, Kit, Update
from agents.contrast import Contrast
from agents.drafting import Setting, choose, tidy
from agents.node import node
from agents.standby import stand_in
from agents.state import ConversationState, utterance
from tools.breaker import within
from tools.chat import ChatHost, ChatRequest, Message
from tools.errors import AttuneError
from tools.labels import Strategy
from tools.records import Note
from tools.safety.course import has_minor
from tools.seeds import derive
from tools.wording import words
from tools.words import PLAIN


class RespondOptions(BaseModel, extra="forbid"):
    """Options of the responder.

    Attributes:
        drafts: how many drafts are written before the best is chosen. One is shown while it is
            written; several take longer and read better.
        sentences: how many sentences a reply has at most; a question ends it earlier.
        max_tokens: upper bound of generated tokens.
        temperature: 0 is greedy; a revision is always sampled.
        revisions: refused sentences after which the fixed fallback is said.
        history: how many earlier messages the prompt shows at most.
        demonstrations: how many retrieved examples the prompt shows as chat turns.
        similar: cosine that an example must reach to be shown; it costs as much time as a sentence.
        contrast: a thought that the reply leans towards, where the model gives its logits.
        timeout: seconds that one sentence may take.
    """

    drafts: int = Field(default=1, ge=1, le=8)
    sentences: int = Field(default=3, ge=1, le=8)
    max_tokens: int = Field(default=90, ge=8)
    temperature: float = Field(default=0.0, ge=0, le=2)
    revisions: int = Field(default=2, ge=0, le=10)
    history: int = Field(default=24, ge=0)
    demonstrations: int = Field(default=1, ge=0, le=4)
    similar: float = Field(default=0.5, ge=-1, le=1)
    contrast: Contrast | None = None
    timeout: float = Field(default=30.0, gt=0, le=120)


@node(
    reads=("words",),
    wants=(
        "heard",
        "user_emotion",
        "moment",
        "strategy",
        "system_emotion",
        "examples",
        "summary",
        "thoughts",
        "verdict",
    ),
    writes=("candidate", "writer", "notes"),
    options=RespondOptions,
    model="respond",
    prompt="respond",
)
async def respond(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Put the next sentence of the reply up for checking, or say that there is none.

    Of several drafts, the best is chosen before its first sentence is put up. One draft streams: a
    sentence that departs from the plan is left out, and where the reply lacks what its strategy
    asks for, one more sentence is written with an opening that leads there.

    After a refusal, or a restart, writing begins again behind what was already said. A model that
    fails, hangs or is left alone gives way to what stands by for the strategy (`agents.standby`).
    """
    assert isinstance(kit.options, RespondOptions)  # `Node.parse` made it
    options, said = kit.options, state["said"]
    setting = _setting(state, options)
    notes: list[Note] = []
    sentence, last = "", False
    if utterance(state) and state["rejected"] <= options.revisions:
        try:
            writing = _Writing(state, kit, setting)
            async with within(options.timeout):
                sentence, last = await writing.next()
            notes += writing.notes()
            if not sentence and not said:  # nothing of it kept to the plan
                notes.append(Note(node=kit.name, text="no draft kept to the plan"))
        except (AttuneError, TimeoutError) as error:
            reason = str(error) or f"no sentence within {options.timeout:g} s"
            notes.append(Note(node=kit.name, text=reason))
    written = bool(sentence)
    if not sentence:
        sentence, last = ("" if said else stand_in(state, runtime.context, kit, setting)), True
    candidate = None
    if sentence:
        last = last or sentence.endswith("?") or len(said) + 1 >= options.sentences
        candidate = kit.services.drafts.put(
            state["turn_id"],
            len(said) + state["rejected"],
            sentence,
            last=last,
            stands_in=not written,
        )
    return {"candidate": candidate, "writer": kit.name, "notes": notes}


class _Writing:
    """The writing of one reply; what is open of it waits in the model's host by turn."""

    def __init__(self, state: ConversationState, kit: Kit, setting: Setting) -> None:
        assert isinstance(kit.options, RespondOptions)  # `Node.parse` made it
        host = kit.need_model().host
        assert isinstance(host, ChatHost)  # models of the task `respond` have one
        self._state, self._kit, self._options, self._host = state, kit, kit.options, host
        self._turn = state["turn_id"]
        self._label = setting.strategy
        self._setting = setting

    def notes(self) -> list[Note]:
        """Return what is to be told of the first sentence: a contrast that was not drawn."""
        first = not self._state["said"] and not self._state["rejected"]
        contrast = self._options.contrast
        if not first or contrast is None or not contrast.share(self._state):
            return []
        if self._host.contrasts:
            return []
        text = f"no contrast: the language model {self._host.name!r} gives no logits"
        return [Note(node=self._kit.name, text=text)]

    async def next(self) -> tuple[str, bool]:
        """Return the next sentence, or an empty string, and whether it is the last."""
        said = self._state["said"]
        if self._state["verdict"] == "refused":
            self._host.close(self._turn)  # what would follow leans on the refused sentence
        if not said and not self._state["rejected"] and not self._host.is_open(self._turn):
            sentence = await self._first()
        else:
            sentence = await self._following()
        if self._ends_without(sentence):
            return await self._mended(sentence), True
        return sentence, False

    async def _first(self) -> str:
        if self._options.drafts > 1:
            request = self._request()
            chosen = await choose(
                self._host,
                self._turn,
                request,
                self._options.drafts,
                self._setting,
                self._options.timeout,
            )
            self._host.hold(self._turn, chosen)
            return await self._host.sentence(self._turn)
        if sentence := await self._following():
            return sentence
        if not (start := self._borrowed()):
            return ""
        # Nothing of the draft kept to the plan: begin as the nearest example of the strategy does.
        self._host.open(self._turn, self._request(prefix=start, temperature=0.7))
        rest = await self._host.sentence(self._turn)
        sentence = tidy(f"{start} {rest}")
        return "" if self._setting.departs(sentence, first=True) else sentence

    async def _following(self) -> str:
        """Return the next sentence of the open draft that keeps to the plan."""
        said = self._state["said"]
        if not self._host.is_open(self._turn):
            warm = 0.7 if self._state["rejected"] else self._options.temperature
            self._host.open(self._turn, self._request(temperature=warm))
        while written := await self._host.sentence(self._turn):
            sentence = tidy(written)  # empty where it was but marks, or a speaker's name
            why = self._setting.departs(sentence, first=not said)
            if sentence and not why and sentence not in said:
                return sentence
        return ""

    def _ends_without(self, sentence: str) -> bool:
        """Say whether the reply would end here and lack what its strategy asks for."""
        said = self._state["said"]
        full = len(said) + 1 >= self._options.sentences
        if not said or (sentence and not full):
            return False
        reply = " ".join([*said, sentence])
        return bool(self._setting.lacks(reply)) and bool(self._leads())

    async def _mended(self, sentence: str) -> str:
        """Return a sentence with an opening that leads to what is lacking; else the one given."""
        start = self._leads()
        self._host.open(self._turn, self._request(prefix=start))
        rest = await self._host.sentence(self._turn)
        self._host.close(self._turn)
        mended = tidy(f"{start} {rest}")
        reply = " ".join([*self._state["said"], mended])
        worse = self._setting.departs(mended, first=False) or self._setting.lacks(reply)
        return sentence if worse else mended

    def _leads(self) -> str:
        return self._kit.prompt.entries("openings").get(self._label, "")

    def _borrowed(self) -> str:
        """Return the first words of the nearest example of the strategy that are still unused.

        Words that tell of somebody else's matter are not borrowed.
        """
        known = PLAIN.union(words(utterance(self._state)))
        for example in self._state["examples"]:
            start = " ".join(example["reply"].split()[:3])
            suits = known.issuperset(words(start)) and not re.search(r"[.!?…]", start)
            if suits and example["strategy"] == self._label and not self._setting.is_stock(start):
                return start
        return ""

    def _request(self, prefix: str = "", temperature: float | None = None) -> ChatRequest:
        options = self._options
        begun = " ".join([*self._state["said"], prefix]).strip()
        contrast = options.contrast
        share = contrast.share(self._state) if contrast else 0.0
        return ChatRequest(
            messages=self._brief(),
            prefix=f"{begun} " if self._state["said"] and not prefix else begun,
            max_tokens=options.max_tokens,
            temperature=options.temperature if temperature is None else temperature,
            contrast=self._brief(contrast.without) if contrast and share else (),
            contrast_weight=share,
            seed=self._seed(begun),
        )

    def _seed(self, begun: str) -> int:
        """Return what decides this reply's draws: what is asked, and never the turn's random id."""
        state = self._state
        asked = (state["turn"], utterance(state), begun, len(state["said"]), state["rejected"])
        return derive(self._kit.services.seed, self._kit.name, *asked)

    def _brief(self, without: tuple[str, ...] = ()) -> tuple[Message, ...]:
        return briefing(self._state, self._kit, without)


def briefing(
    state: ConversationState, kit: Kit, without: tuple[str, ...] = ()
) -> tuple[Message, ...]:
    """Return the messages by which the responder of a kit asks for the reply of a planned turn."""
    assert isinstance(kit.options, RespondOptions)  # `Node.parse` made it
    return brief(
        state,
        kit.prompt,
        history=kit.options.history,
        demonstrations=kit.options.demonstrations,
        similar=kit.options.similar,
        without=without,
    )


def _setting(state: ConversationState, options: RespondOptions) -> Setting:
    """Return what a reply is held to; without a plan, somebody young is listened to."""
    young = Strategy.COMMUNICATION.value if has_minor(state["risk"]) else ""
    return Setting(
        strategy=state["strategy"]["label"] or young,
        person=utterance(state),
        earlier=[m.text for m in state["messages"] if isinstance(m, AIMessage)],
        sentences=options.sentences,
    )
