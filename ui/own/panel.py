"""The panel about a person's own data: the parts; what they do is in `ui.own.handlers`."""

from html import escape
from typing import Any

import gradio as gr

from ui.own import texts
from ui.parts import paragraph

TICK_S = 4.0
"""Seconds after which a kept conversation is looked at again: another tab may have gone on."""


class DataPanel:
    """The parts; made inside an open `gr.Blocks`."""

    def __init__(self, *, possible: bool, days: float) -> None:
        """Lay the panel out, closed.

        Args:
            possible: conversations can be kept here.
            days: how long after the last use they are kept.
        """
        self.days = f"{days:g}"
        with gr.Column(elem_id="data"):
            gr.HTML(f"<h2>{escape(texts.DATA)}</h2>")
            self.who = gr.HTML(visible=False, elem_id="data-who")
            lead = texts.KEEP_LEAD.format(days=self.days) if possible else texts.KEEP_IMPOSSIBLE
            self.keep = gr.Checkbox(
                label=texts.KEEP, container=False, interactive=possible, elem_id="keep"
            )
            self.lead = gr.HTML(paragraph(lead), elem_classes="choice")
            self.state = gr.HTML(paragraph(texts.KEPT_NOT), elem_id="keep-state")
            self._list()
            self.said = gr.HTML(elem_id="data-said")
            self._export()
            self._erase()
            about = "".join(f"<li>{escape(line)}</li>" for line in _about(self.days))
            gr.HTML(
                f"<details><summary>{escape(texts.ABOUT_DATA)}</summary><ul>{about}</ul></details>",
                elem_id="data-about",
            )
            self.close = gr.Button(texts.DATA_CLOSE, size="md", elem_id="data-close")
        self.file = gr.Textbox(visible="hidden", elem_id="data-file")
        self.timer = gr.Timer(TICK_S, active=False)

    def _list(self) -> None:
        with gr.Column(elem_id="kept", visible=False) as self.kept:
            self.choice = gr.Radio([], label=texts.KEPT_LIST, elem_id="kept-choice")
            with gr.Row(elem_classes="ways"):
                self.open = gr.Button(texts.KEPT_OPEN, size="sm", elem_id="kept-open")
                self.delete = gr.Button(texts.KEPT_DELETE, size="sm", elem_id="kept-delete")
            with gr.Row(visible=False, elem_id="kept-sure", elem_classes="sure") as self.sure_one:
                self.which = gr.HTML(elem_id="kept-which")
                self.yes_one = gr.Button(texts.KEPT_YES, size="sm", elem_id="kept-yes")
                self.no_one = gr.Button(texts.ERASE_NO, size="sm", elem_id="kept-no")

    def _export(self) -> None:
        with gr.Column(elem_id="export"):
            gr.HTML(
                f"<h3>{escape(texts.EXPORT)}</h3>{paragraph(texts.EXPORT_LEAD)}",
                elem_classes="choice",
            )
            self.all = gr.Checkbox(
                label=texts.EXPORT_ALL, container=False, visible=False, elem_id="export-all"
            )
            with gr.Row(elem_classes="ways"):
                self.text = gr.Button(texts.EXPORT_TEXT, size="sm", elem_id="export-text")
                self.json = gr.Button(texts.EXPORT_JSON, size="sm", elem_id="export-json")
            self.exported = gr.HTML(elem_id="data-exported")

    def _erase(self) -> None:
        with gr.Column(elem_id="erase-place"):
            self.erase = gr.Button(texts.ERASE, size="sm", elem_id="erase")
            with gr.Row(visible=False, elem_id="erase-sure", elem_classes="sure") as self.sure:
                gr.HTML(paragraph(texts.ERASE_SURE))
                self.yes = gr.Button(texts.ERASE_YES, size="sm", elem_id="erase-yes")
                self.no = gr.Button(texts.ERASE_NO, size="sm", elem_id="erase-no")
            self.erased = gr.HTML(elem_id="data-erased")

    @property
    def parts(self) -> list[Any]:
        """Every part that changes, but for the file that is handed over."""
        return [
            *(self.who, self.keep, self.lead, self.state, self.kept, self.choice, self.all),
            *(
                self.sure_one,
                self.which,
                self.sure,
                self.said,
                self.exported,
                self.erased,
                self.timer,
            ),
        ]


def _about(days: str) -> list[str]:
    return [line.format(days=days) for line in texts.ABOUT]
