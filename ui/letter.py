"""Writing to people: a letter that the person sees, may change, and sends by pressing a button."""

from collections.abc import AsyncIterator
from html import escape
from typing import Any

import gradio as gr

from tools.errors import InputError
from tools.labels import highest, rank
from tools.safety.audit import HandedOff
from tools.safety.handoff import Handoff
from tools.safety.letter import LEVELS, LONGEST, LONGEST_REACH, Letter, write_letter
from ui import texts
from ui.gate.identity import identity
from ui.house import House
from ui.parts import NOW, QUIET, Changes
from ui.session import Bubble, Session


class LetterForm:
    """The parts of the letter; made inside an open `gr.Blocks`, where a hand-off is configured."""

    def __init__(self, handoff: Handoff) -> None:
        """Lay the letter out, closed, and below it the button that opens it."""
        self.handoff = handoff
        with gr.Column(elem_id="letter", visible=False) as self.panel:
            gr.HTML(_lead(handoff), elem_id="letter-lead")
            self.level = gr.Dropdown(
                [(texts.LETTER_LEVELS[level], level) for level in LEVELS],
                value=LEVELS[0],
                label=texts.LETTER_LEVEL,
                info=texts.LETTER_LEVEL_HINT,
                filterable=False,
                elem_id="letter-level",
            )
            self.message = gr.Textbox(
                label=texts.LETTER_MESSAGE,
                lines=3,
                max_lines=12,
                max_length=LONGEST,
                elem_id="letter-message",
            )
            self.reach = gr.Textbox(
                label=texts.LETTER_REACH,
                info=texts.LETTER_REACH_HINT,
                max_length=LONGEST_REACH,
                elem_id="letter-reach",
                html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
            )
            self.whole = gr.Checkbox(
                label=texts.LETTER_WHOLE, container=False, elem_id="letter-whole"
            )
            self.enclosed = gr.HTML(visible=False, elem_id="letter-enclosed")
            self.status = gr.HTML(elem_id="letter-status")
            with gr.Row(elem_id="letter-buttons"):
                self.send = gr.Button(texts.LETTER_SEND, elem_id="letter-send", min_width=0)
                self.close = gr.Button(texts.LETTER_CLOSE, elem_id="letter-close", min_width=0)
                self.back = gr.Button(
                    texts.LETTER_BACK, elem_id="letter-back", min_width=0, visible=False
                )
        with gr.Column(elem_id="letter-way") as self.way:
            offered = texts.LETTER_OFFER.format(**_words(handoff))
            self.line = gr.HTML(f"<p>{escape(offered)}</p>", visible=False, elem_id="letter-line")
            self.open = gr.Button(texts.LETTER, size="sm", elem_id="letter-open", min_width=0)

    @property
    def parts(self) -> list[Any]:
        """Every part whose value or visibility changes."""
        return [
            *(self.panel, self.way, self.line, self.level, self.message, self.reach, self.whole),
            *(self.enclosed, self.status, self.send, self.back),
        ]

    def offer(self, session: Session) -> Changes:
        """Offer to write in one line, when the risk has reached a level not offered for yet.

        The letter itself stays closed: it would push the help lines out of sight.
        """
        report = session.report
        if report is None:
            return {}
        level = highest(report["risk"]["level"], report["risk"]["now"])
        if rank(level) < rank(self.handoff.offer_from) or rank(level) <= rank(session.offered):
            return {}
        session.offered = level
        return {self.line: gr.HTML(visible=True), self.level: _nearest(level)}

    def offered(self, session: Session) -> Changes:
        """Show the offer to write where one was made before, in a page that is loaded anew."""
        return {self.line: gr.HTML(visible=True)} if session.offered else {}

    def fresh(self) -> Changes:
        """Empty the letter and close it."""
        return {**self.shut(), self.line: gr.HTML(visible=False), **self.empty()}

    def shut(self) -> Changes:
        """Close the letter; what is written in it stays there."""
        return {self.panel: gr.Column(visible=False), self.way: gr.Column(visible=True)}

    def empty(self) -> Changes:
        """Take everything out of the letter."""
        return {
            self.message: "",
            self.reach: "",
            self.whole: False,
            self.enclosed: gr.HTML("", visible=False),
            self.status: "",
            self.send: gr.Button(interactive=True),
            self.back: gr.Button(visible=False),
        }


class Letters:
    """What happens to a letter; nothing of it waits for the conversation, nor that for it."""

    def __init__(self, house: House, form: LetterForm) -> None:
        """Serve the `form` of one page."""
        self._house = house
        self._form = form
        self._outbox = form.handoff.outbox

    def connect(self, key: Any) -> None:
        """Connect the parts; `key` holds the key of the session."""
        f = self._form
        places = [f.panel, f.way]
        f.open.click(self.opened, [key], [*places, f.level], **NOW).then(
            None, js="() => attune.toLetter()", **NOW
        )
        f.close.click(self.closed, None, places, js="() => attune.toBox()", **NOW)
        f.whole.input(self.enclosing, [key, f.whole], [f.enclosed], **NOW)
        f.send.click(
            self.sent,
            [key, f.level, f.message, f.reach, f.whole],
            f.parts,
            concurrency_limit=None,
            **QUIET,
        )
        f.back.click(self.taken_back, [key], f.parts, **NOW)

    def _find(self, key: str, request: gr.Request | None) -> Session | None:
        return self._house.sessions.find(key, identity(request).key)

    async def opened(self, key: str, request: gr.Request | None = None) -> Changes:
        """Open the letter, with how it is by what was said so far."""
        session, f = self._find(key, request), self._form
        report = session.report if session else None
        level = highest(report["risk"]["level"], report["risk"]["now"]) if report else ""
        return {
            f.panel: gr.Column(visible=True),
            f.way: gr.Column(visible=False),
            f.level: _nearest(level),
        }

    async def closed(self) -> Changes:
        """Close the letter; what is written in it stays there."""
        return self._form.shut()

    async def enclosing(self, key: str, on: bool, request: gr.Request | None = None) -> Any:
        """Show the conversation that would go with the letter, as it is now."""
        session = self._find(key, request)
        if session is None:
            return gr.HTML("", visible=False)
        session.enclosed = [bubble.copy() for bubble in session.shown] if on else None
        return gr.HTML(_enclosed(session.enclosed or []), visible=on)

    async def sent(
        self,
        key: str,
        level: str,
        message: str,
        reach: str,
        whole: bool,
        request: gr.Request | None = None,
    ) -> AsyncIterator[Changes]:
        """Send the letter, and say what became of it; its words stay until it is delivered."""
        session, f = self._find(key, request), self._form
        if session is None:
            yield {f.status: _said(texts.LOST)}
            return
        try:
            lines = (session.enclosed or []) if whole else None
            letter = write_letter(level, message, reach, lines, again=session.letter)
        except InputError as error:
            yield {f.status: _said(str(error))}
            return
        before, session.letter = session.letter, letter
        yield {
            f.status: _said(texts.LETTER_SENDING),
            f.send: gr.Button(interactive=False),
            f.back: gr.Button(visible=False),
        }
        delivered = await self._outbox.send(letter, self._recorder(session, letter))
        session.news = "delivered" if delivered else "kept"
        if before is not None and before is not letter:
            await self._outbox.take_back(before["id"])  # it was changed since
        if delivered:
            if session.letter is letter:
                session.letter = None
            status = texts.LETTER_DELIVERED.format(**_words(f.handoff))
            yield {**f.empty(), f.status: _said(status[:1].upper() + status[1:])}
        else:
            yield {
                f.status: _said(texts.LETTER_KEPT),
                f.send: gr.Button(interactive=True),
                f.back: gr.Button(visible=self._outbox.kept(letter["id"])),
            }

    async def taken_back(self, key: str, request: gr.Request | None = None) -> Changes:
        """Delete a letter that was not delivered; its words stay in the form."""
        session, f = self._find(key, request), self._form
        letter = session.letter if session else None
        if session is None or letter is None:
            return {f.back: gr.Button(visible=False)}
        session.letter = None
        gone = await self._outbox.take_back(letter["id"])
        if gone:
            session.news = ""
            self._record(session, letter, "taken back")
        said = texts.LETTER_TAKEN_BACK if gone else texts.LETTER_TOO_LATE
        return {f.status: _said(said), f.back: gr.Button(visible=False)}

    def _recorder(self, session: Session, letter: Letter) -> Any:
        return lambda delivered: self._record(session, letter, "delivered" if delivered else "kept")

    def _record(self, session: Session, letter: Letter, outcome: Any) -> None:
        """Record what became of a letter, without a word of it."""
        if (audit := self._house.services.audit) is not None:
            told: HandedOff = {"kind": "handoff", "level": letter["level"], "outcome": outcome}
            audit.write(session.conversation.id, told)


def _lead(handoff: Handoff) -> str:
    lead = texts.LETTER_LEAD.format(**_words(handoff))
    danger = texts.LETTER_NOT_NOW.format(help=texts.HELP)
    return (
        f"<h2>{escape(texts.LETTER)}</h2><p>{escape(lead)}</p>"
        f"<p class='danger'>{escape(danger)}</p>"
    )


def _words(handoff: Handoff) -> dict[str, str]:
    to, answer = handoff.to.strip(), handoff.answer.strip()
    return {"to": to, "answer": answer if answer.endswith((".", "!", "?")) else f"{answer}."}


def _nearest(level: str) -> str:
    """Return the level of a letter that is nearest to one of the screen."""
    return level if level in LEVELS else LEVELS[0]


def _enclosed(bubbles: list[Bubble]) -> str:
    rows = "".join(
        f"<dt>{escape(texts.LETTER_PERSON if b['role'] == 'user' else texts.TITLE)}</dt>"
        f"<dd>{escape(b['content'])}</dd>"
        for b in bubbles
    )
    return f"<p>{escape(texts.LETTER_ENCLOSED)}</p><dl>{rows}</dl>"


def _said(text: str) -> str:
    return f'<p role="status">{escape(text)}</p>'
