"""Voice and camera: two choices of their own, off until somebody makes them."""

from typing import Any

import gradio as gr

from ui import texts
from ui.parts import paragraph

_MEDIA = ["video", "image"]


class Senses:
    """The parts; made inside an open `gr.Blocks`."""

    def __init__(self, *, bodies: bool) -> None:
        """Lay them out, closed.

        Args:
            bodies: emotions may be read from faces and voices; else there is no camera.
        """
        self._bodies = bodies
        with gr.Accordion(texts.SENSES if bodies else texts.SPEECH, open=False, elem_id="senses"):
            lead = texts.SENSES_LEAD if bodies else texts.SPEECH_LEAD
            self.lead = gr.HTML(paragraph(lead), elem_id="senses-lead")
            with gr.Row():
                with gr.Column(min_width=240):
                    self._voice()
                with gr.Column(min_width=240, visible=bodies):
                    self._camera()

    def _voice(self) -> None:
        self.microphone = gr.Checkbox(
            label=texts.MICROPHONE, elem_id="use-microphone", container=False
        )
        lead = texts.MICROPHONE_LEAD if self._bodies else texts.MICROPHONE_WORDS
        gr.HTML(paragraph(lead), elem_classes="choice")
        self.audio = gr.Audio(
            label=texts.AUDIO,
            sources=["microphone", "upload"],
            type="filepath",
            visible=False,
            elem_id="audio",
            editable=False,
            buttons=[],
        )

    def _camera(self) -> None:
        self.camera = gr.Checkbox(
            label=texts.CAMERA, elem_id="use-camera", container=False, visible=self._bodies
        )
        self.camera_lead = gr.HTML(
            paragraph(texts.CAMERA_LEAD), elem_classes="choice", visible=self._bodies
        )
        self.webcam = gr.Image(
            label=texts.WEBCAM,
            sources=["webcam"],
            streaming=True,
            type="numpy",
            visible=False,
            elem_id="webcam",
            height=240,
            buttons=[],
            webcam_options=gr.WebcamOptions(
                mirror=True, constraints={"video": {"width": {"ideal": 640}}}
            ),
        )
        self.file = gr.File(
            label=texts.FILE,
            file_types=_MEDIA,
            type="filepath",
            visible=False,
            elem_id="file",
            height=120,
        )

    @property
    def parts(self) -> list[Any]:
        """Every part that changes when somebody young is found, or somebody new begins."""
        return [self.camera, self.camera_lead, self.lead]

    def adults_only(self) -> dict[Any, Any]:
        """Return the changes that take the camera away, with the reason."""
        if not self._bodies:
            return {}
        return {
            self.camera: gr.Checkbox(value=False, visible=False),
            self.camera_lead: gr.HTML(visible=False),
            self.lead: paragraph(texts.ADULTS_LEAD),
        }

    def with_camera(self) -> dict[Any, Any]:
        """Return the changes that offer the camera to somebody new, where there may be one."""
        if not self._bodies:
            return {}
        return {
            self.camera: gr.Checkbox(visible=True),
            self.camera_lead: gr.HTML(visible=True),
            self.lead: paragraph(texts.SENSES_LEAD),
        }
