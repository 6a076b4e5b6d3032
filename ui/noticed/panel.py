"""What I think I noticed: every guess with how sure it is, to be put right or removed."""

from html import escape
from typing import Any

import gradio as gr

from graphs.run import TurnReport
from tools.labels import EKMAN, UNKNOWN, Emotion
from tools.phrases import LocalePhrases
from tools.records import MODALITIES, Reading, UserEmotion
from ui import texts
from ui.noticed.corrections import SOURCES, TOGETHER, is_told
from ui.parts import Changes, paragraph
from ui.session import Session

GONE = "remove"
"""The answer to a guess that takes it away; any other is an `Emotion` value."""


class NoticedForm:
    """The tentative line and, closed below it, everything that was guessed.

    Made inside an open `gr.Blocks`.
    """

    def __init__(self, phrases: LocalePhrases) -> None:
        """Lay it out, with nothing noticed yet."""
        self._phrases = phrases
        words = phrases.noticed_as.emotions
        feelings = [(words[e], e.value) for e in words if e in EKMAN]
        with (
            gr.Column(elem_id="asides"),
            gr.Row(elem_id="noticed", visible=False) as self.row,
        ):
            self.line = gr.HTML(elem_id="noticed-line")
            self.right = gr.Button(texts.RIGHT, size="sm", elem_id="right", min_width=0)
            self.other = _choice(texts.OTHER, [(texts.OTHER, ""), *feelings], "other")
            self.remove = gr.Button(texts.REMOVE, size="sm", elem_id="remove", min_width=0)
        with gr.Accordion(
            texts.NOTICING, open=False, visible=False, elem_id="noticing"
        ) as self.panel:
            gr.HTML(paragraph(texts.NOTICING_LEAD), elem_classes="lead")
            self._guesses([(texts.LEAVE_IT, ""), (texts.REMOVE, GONE), *feelings])
            self.missing = gr.HTML(visible=False, elem_classes="missing")
            with gr.Column(visible=False, elem_id="heard-place") as self.heard_place:
                self.heard = gr.Textbox(
                    label=texts.HEARD, info=texts.HEARD_HINT, max_lines=6, elem_id="heard"
                )
                with gr.Row(elem_classes="ways"):
                    self.heard_save = gr.Button(texts.HEARD_SAVE, size="sm", elem_id="heard-save")
                    self.heard_remove = gr.Button(texts.REMOVE, size="sm", elem_id="heard-remove")
            with gr.Column(visible=False, elem_id="memory-place") as self.memory_place:
                self.memory = gr.CheckboxGroup([], label=texts.MEMORY_LINES, elem_id="memory")
                with gr.Row(elem_classes="ways"):
                    self.forget = gr.Button(texts.MEMORY_FORGET, size="sm", elem_id="forget")

    def _guesses(self, answers: list[tuple[str, str]]) -> None:
        self.rows: dict[str, Any] = {}
        self.lines: dict[str, Any] = {}
        self.answers: dict[str, Any] = {}
        for source in (TOGETHER, *MODALITIES):  # the person's own word stands on top
            with gr.Row(visible=False, elem_classes="guess") as self.rows[source]:
                self.lines[source] = gr.HTML(elem_id=f"guess-{source}")
                self.answers[source] = _choice(
                    texts.ANSWER.format(source=texts.FROM[source]), answers, f"answer-{source}"
                )

    @property
    def parts(self) -> list[Any]:
        """Every part that changes."""
        return [
            *(self.row, self.line, self.right, self.other, self.remove, self.panel, self.missing),
            *(self.heard_place, self.heard, self.memory_place, self.memory),
            *(part for s in SOURCES for part in (self.rows[s], self.lines[s], self.answers[s])),
        ]

    def hide(self) -> Changes:
        """Take away what belongs to the turn before."""
        return {self.row: gr.Row(visible=False), self.panel: gr.Accordion(visible=False)}

    def ask(self, session: Session, corrected: str = "") -> Changes:
        """Show what the last turn has noticed.

        Args:
            session: of the person.
            corrected: what they had named before this turn.
        """
        report = session.report
        line = noticed(session, self._phrases, corrected)
        certain = report is not None and not report["user_emotion"]["disagreement"]
        return {
            self.row: gr.Row(visible=bool(line)),
            self.line: paragraph(line),
            self.right: gr.Button(visible=certain),
            self.other: gr.update(value="", visible=True),
            self.remove: gr.Button(visible=True),
            **self.items(session),
        }

    def answered(self, session: Session, text: str) -> Changes:
        """Show what came of an answer, and everything as it stands now."""
        hidden = gr.Button(visible=False)
        return {
            self.row: gr.Row(visible=True),
            self.line: paragraph(text),
            self.right: hidden,
            self.other: gr.Dropdown(visible=False),
            self.remove: hidden,
            **self.items(session),
        }

    def items(self, session: Session) -> Changes:
        """Return every guess as it stands, what was heard, and what is remembered."""
        report, heard, remembered = session.report, session.heard, session.chat.remembered
        found = {s: _guess(report, s, self._phrases) if report else "" for s in SOURCES}
        missed = _missed(report) if report else ""
        changes: Changes = {
            self.panel: gr.Accordion(visible=any(found.values()) or bool(heard or remembered)),
            self.missing: gr.HTML(missed, visible=bool(missed)),
            self.heard_place: gr.Column(visible=heard is not None),
            self.heard: heard.text if heard else "",
            self.memory_place: gr.Column(visible=bool(remembered)),
            self.memory: gr.CheckboxGroup(choices=list(remembered), value=[]),
        }
        for source, html in found.items():
            changes |= {
                self.rows[source]: gr.Row(visible=bool(html)),
                self.lines[source]: html,
                self.answers[source]: gr.update(value=""),
            }
        return changes


def _choice(label: str, choices: list[tuple[str, str]], id: str) -> Any:
    return gr.Dropdown(
        choices,
        value="",
        label=label,
        show_label=False,
        container=False,
        filterable=False,
        elem_id=id,
        elem_classes="answer",
        min_width=0,
    )


def noticed(session: Session, phrases: LocalePhrases, corrected: str = "") -> str:
    """Return the tentative line about the last turn; empty where none is due.

    None is due in a crisis, where nothing was read with any weight, and where the person has just
    named this very emotion themselves.

    Args:
        session: its last report is read.
        phrases: in the person's language.
        corrected: what they had named before this turn.
    """
    report = session.report
    if report is None or report["route"] == "crisis":
        return ""
    felt = report["user_emotion"]
    if felt["label"] in (UNKNOWN, corrected):
        return ""
    return phrases.noticed(felt["label"], disagreeing=bool(felt["disagreement"]))


def _guess(report: TurnReport, source: str, phrases: LocalePhrases) -> str:
    """Return one guess as HTML, in words and with its number; empty where there is none."""
    found: Reading | UserEmotion | None
    found = report["user_emotion"] if source == TOGETHER else report["readings"].get(source)
    if found is None or not found["label"] or not found["scores"]:
        return ""
    if found["label"] == UNKNOWN:
        said = texts.UNSURE
    elif is_told(found):
        said = texts.TOLD.format(emotion=_word(found["label"], phrases))
    elif is_told(report["user_emotion"]) and found["label"] != report["user_emotion"]["label"]:
        said = texts.OVERRULED.format(emotion=_word(found["label"], phrases))
        return (
            f'<p class="overruled"><strong>{escape(texts.FROM[source])}</strong> {escape(said)}</p>'
        )
    else:
        sure = next(words for least, words in texts.SURE if found["confidence"] >= least)
        number = f"{found['confidence']:.0%}"
        said = texts.GUESS.format(emotion=_word(found["label"], phrases), sure=sure, number=number)
        said += f"; {texts.GUESS_UNUSED}" if found.get("experimental") else ""
    return f"<p><strong>{escape(texts.FROM[source])}</strong> {escape(said)}</p>"


def _missed(report: TurnReport) -> str:
    """Return, kindly, what could not be read though it was given."""
    return "".join(
        paragraph(texts.MISSED[why].format(what=texts.WHAT[modality]))
        for modality, why in report["missing"].items()
        if why in texts.MISSED
    )


def _word(label: str, phrases: LocalePhrases) -> str:
    return phrases.noticed_as.emotions.get(Emotion(label), label)
