"""The parts of the page and their places; what they do is in `ui.page`."""

from html import escape
from typing import Any

import gradio as gr

from tools.phrases import LocalePhrases
from tools.safety.handoff import Handoff
from ui import texts
from ui.help import countries, help_html
from ui.letter import LetterForm
from ui.noticed.panel import NoticedForm
from ui.own import texts as data_texts
from ui.own.panel import DataPanel
from ui.senses import Senses

_MARK = (
    '<svg viewBox="0 0 32 32" aria-hidden="true" fill="none" stroke="currentColor" '
    'stroke-width="2.6" stroke-linecap="round"><circle cx="10" cy="16" r="3" fill="currentColor" '
    'stroke="none"/><path d="M15 9.5a9 9 0 0 1 0 13M20 5.5a15 15 0 0 1 0 21"/></svg>'
)


class Layout:
    """Every part of the page; made inside an open `gr.Blocks`."""

    def __init__(
        self,
        phrases: LocalePhrases,
        graphs: list[tuple[str, str]],
        graph: str,
        handoff: Handoff | None = None,
        recorded: bool = False,
        reads_bodies: bool = True,
        keeps: bool = False,
        days: float = 30,
    ) -> None:
        """Lay the page out.

        Args:
            phrases: of the person's language.
            graphs: what a designer can choose, as (shown, name or path).
            graph: the one chosen.
            handoff: the way to write to people, where there is one.
            recorded: there is an audit log.
            reads_bodies: emotions may be read from faces and voices; else there is no camera.
            keeps: conversations can be kept here.
            days: how long after the last use they are kept.
        """
        self._keeps, self._days = keeps, days
        self._reads_bodies = reads_bodies
        self._handoff = handoff
        self._recorded = recorded
        self._phrases = phrases
        self.key = gr.State("")
        self.tab = gr.Textbox(visible="hidden", elem_id="tab")
        # Words on their way to the server, and those that come back: `tab.js` moves them.
        self.words = gr.Textbox(visible="hidden", elem_id="words")
        self.returned = gr.Textbox(visible="hidden", elem_id="returned")
        self.here = gr.Button(visible="hidden", elem_id="here")
        self._top(phrases)
        with gr.Row(elem_id="room"):
            with gr.Column(elem_id="talk", min_width=0, scale=3):
                self._talk(phrases)
            with gr.Column(
                elem_id="designer", min_width=0, scale=2, visible=False
            ) as self.designer:
                self._designer(graphs, graph)

    def _top(self, phrases: LocalePhrases) -> None:
        with gr.Column(elem_id="top"):
            with gr.Row(elem_id="bar"):
                gr.HTML(f'<h1 class="brand">{_MARK}{escape(texts.TITLE)}</h1>', elem_id="brand")
                gr.HTML(_signs(), elem_id="signs")
                self.data_button = gr.Button(
                    data_texts.DATA, elem_id="data-button", size="md", min_width=0
                )
                self.leave = gr.Button(texts.LEAVE, elem_id="leave", size="md", min_width=0)
                self.help_button = gr.Button(texts.HELP, elem_id="help-button", size="md")
            with gr.Column(elem_id="help"):
                self.country = gr.Dropdown(
                    countries(),
                    value="",
                    label=texts.COUNTRY,
                    elem_id="country",
                    filterable=False,
                )
                self.help = gr.HTML(help_html("", phrases), elem_classes="resources")
                self.help_close = gr.Button(texts.HELP_CLOSE, size="md", elem_id="help-close")
            self.data = DataPanel(possible=self._keeps, days=self._days)

    def _talk(self, phrases: LocalePhrases) -> None:
        with gr.Column(elem_id="news"):
            self.notice = gr.HTML(elem_id="notice", visible=False)
        self.welcome = gr.HTML(self.welcome_html(keeps=self._keeps), elem_id="welcome")
        self.chat = gr.Chatbot(
            label=texts.CHAT,
            elem_id="chat",
            show_label=False,
            visible=False,
            height=None,
            layout="bubble",
            render_markdown=False,
            sanitize_html=True,
            allow_tags=False,
            line_breaks=True,
            latex_delimiters=[],
            feedback_options=None,
            buttons=[],
            group_consecutive_messages=False,
            allow_file_downloads=False,
        )
        with gr.Column(elem_id="card-place"):
            self.card = gr.HTML(visible=False, elem_id="card", elem_classes="resources")
        self.letter = LetterForm(self._handoff) if self._handoff else None
        self.noticed = NoticedForm(phrases)
        with gr.Column(elem_id="composer"):
            gr.HTML(_away(), elem_id="away-place")
            self.status = gr.HTML(elem_id="status")
            with gr.Row(elem_id="writing"):
                self.box = gr.Textbox(
                    label=texts.BOX,
                    placeholder=texts.BOX_HINT,
                    show_label=False,
                    container=False,
                    lines=1,
                    max_lines=8,
                    elem_id="box",
                    interactive=True,  # `tab.js` reads it; no handler does
                    scale=1,
                    html_attributes=gr.InputHTMLAttributes(enterkeyhint="send", autocomplete="off"),
                )
                self.send = gr.Button(
                    texts.SEND, variant="primary", elem_id="send", min_width=0, scale=0
                )
                self.stop = gr.Button(
                    texts.STOP, elem_id="stop", min_width=0, scale=0, visible=False
                )
            gr.HTML(
                f"<p>{escape(phrases.reminder)} <span>{escape(texts.KEYS)}</span></p>",
                elem_id="reminder",
            )
            self.short = gr.HTML(self.short_html(False), elem_id="short", visible=self._keeps)
        self.senses = Senses(bodies=self._reads_bodies)
        self._foot()

    @property
    def conversation_parts(self) -> list[Any]:
        """Every part that shows something of a conversation."""
        return [
            *(self.key, self.tab, self.box, self.words, self.returned),
            *(self.chat, self.welcome, self.status, self.stop),
            *(self.card, self.sure, self.panel, self.trouble, self.help, self.short),
            *(self.senses.audio, self.senses.file, *self.senses.parts, *self.noticed.parts),
            *(self.letter.parts if self.letter else []),
        ]

    def welcome_html(self, *, keeps: bool) -> str:
        """Return what a person reads first, with or without the choice to keep."""
        return welcome_html(
            self._phrases, self._recorded, reads_bodies=self._reads_bodies, keeps=keeps
        )

    def short_html(self, kept: bool, waiting: bool = False) -> str:
        """Return the line below the box that says whether the conversation is kept.

        Args:
            kept: it is.
            waiting: others are.
        """
        said = data_texts.SHORT_KEPT if kept else data_texts.SHORT_UNKEPT
        if waiting and not kept:
            said = data_texts.SHORT_WAITING
        return (
            f'<p>{escape(said)} <button type="button" data-data>{escape(data_texts.DATA)}'
            "</button></p>"
        )

    def _foot(self) -> None:
        with gr.Row(elem_id="sure", visible=False) as self.sure:
            gr.HTML(f"<p>{escape(texts.NEW_SURE)}</p>")
            self.yes = gr.Button(texts.NEW_YES, size="sm", elem_id="yes", min_width=0)
            self.no = gr.Button(texts.NEW_NO, size="sm", elem_id="no", min_width=0)
        with gr.Row(elem_id="foot"):
            self.new = gr.Button(texts.NEW, size="sm", elem_id="new", min_width=0)
            self.designing = gr.Checkbox(
                label=texts.DESIGNER, container=False, elem_id="designing", min_width=0
            )

    def _designer(self, graphs: list[tuple[str, str]], graph: str) -> None:
        gr.HTML(f"<h2>{escape(texts.DESIGNER)}</h2>")
        self.graph = gr.Dropdown(
            graphs, value=graph, label=texts.GRAPH, filterable=False, elem_id="graph"
        )
        self.trouble = gr.HTML(elem_id="trouble")
        self.panel = gr.HTML(f"<p>{escape(texts.DESIGNER_EMPTY)}</p>", elem_id="panel")


def welcome_html(
    phrases: LocalePhrases,
    recorded: bool = False,
    *,
    reads_bodies: bool = True,
    keeps: bool = False,
) -> str:
    """Return what a person reads before their first message; also that an audit log is kept."""
    guesses = texts.GUESSES if reads_bodies else texts.GUESSES_WORDS
    memory = texts.MEMORY_CHOICE if keeps else texts.MEMORY
    more = [memory, *([texts.RECORDED] if recorded else []), guesses]
    know = "".join(f"<li>{escape(line)}</li>" for line in [*phrases.disclosure, *more])
    return (
        f"<h2>{escape(texts.WELCOME)}</h2><p class='lead'>{escape(texts.WELCOME_LEAD)}</p>"
        f"<section class='know'><h3>{escape(texts.KNOW_FIRST)}</h3><ul>{know}</ul></section>"
    )


def _away() -> str:
    """Return the line for a lost connection, and the names of the two who talk; see `page.js`."""
    return (
        f'<p id="away" role="status" data-away="{escape(texts.AWAY.format(help=texts.HELP))}" '
        f'data-back="{escape(texts.AWAY_BACK)}" data-person="{escape(texts.PERSON)}" '
        f'data-attune="{escape(texts.TITLE)}"></p>'
    )


def _signs() -> str:
    """Return the signs of devices in use; `page.js` shows them, by the devices themselves."""
    return (
        f'<p id="sign-audio" class="sign">{escape(texts.MICROPHONE_ON)}</p>'
        f'<p id="sign-video" class="sign">{escape(texts.CAMERA_ON)}</p>'
    )
