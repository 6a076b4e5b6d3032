"""Handing people their conversations, in a file that their own browser makes."""

import json
import logging
from datetime import date
from typing import Any

import gradio as gr

from graphs.shelf import label
from tools.errors import AttuneError
from ui.gate.identity import Identity, identity
from ui.house import House
from ui.own import texts
from ui.own.export import Source, as_json, as_text, export
from ui.own.keeping import Keeping
from ui.own.panel import DataPanel
from ui.parts import NOW, paragraph
from ui.session import Session

_log = logging.getLogger(__name__)


class Exporting:
    """The two buttons that save."""

    def __init__(self, house: House, panel: DataPanel, keeping: Keeping) -> None:
        """Serve the panel of one page."""
        self._house = house
        self._data = panel
        self._keeping = keeping

    def connect(self, key: Any, senses: list[Any]) -> None:
        """Connect the buttons; `senses` are the choices of microphone and camera."""
        d = self._data
        for button, kind in ((d.text, "txt"), (d.json, "json")):
            made = button.click(
                self._exporter(kind), [key, d.all, *senses], [d.file, d.exported], **NOW
            )
            made.then(None, [d.file], [d.file], js="(data) => attune.save(data)", **NOW)

    def _exporter(self, kind: str) -> Any:
        async def exported(
            key: str, everything: bool, microphone: bool, camera: bool, request: gr.Request
        ) -> dict[Any, Any]:
            return await self.exported(kind, key, everything, microphone, camera, request)

        return exported

    async def exported(
        self,
        kind: str,
        key: str,
        everything: bool,
        microphone: bool,
        camera: bool,
        request: gr.Request,
    ) -> dict[Any, Any]:
        """Hand the browser what it makes a file of; none is written here.

        Args:
            kind: `json` or `txt`.
            key: of the session.
            everything: with every kept conversation.
            microphone: it is allowed now.
            camera: likewise.
            request: tells whose conversations they are.
        """
        d, who = self._data, identity(request)
        session = self._house.sessions.find(key, who.key)
        try:
            sources = await self._sources(session, who, everything)
        except AttuneError as error:
            _log.error("conversations could not be exported: %s", error)
            return {d.file: "", d.exported: paragraph(texts.STORE_TROUBLE)}
        if not any(source.lines for source in sources):
            return {d.file: "", d.exported: paragraph(texts.EXPORT_EMPTY)}
        kept = bool(session and session.chat.kept)
        content = export(sources, {"keep": kept, "microphone": microphone, "camera": camera})
        plain = kind == "txt"
        file = {
            "name": f"attune-{date.today():%Y-%m-%d}.{kind}",
            "type": "text/plain" if plain else "application/json",
            "text": as_text(content, self._house.phrases) if plain else as_json(content),
        }
        return {d.file: json.dumps(file), d.exported: paragraph(texts.EXPORT_DONE)}

    async def _sources(
        self, session: Session | None, who: Identity, everything: bool
    ) -> list[Source]:
        found = []
        cards = {card.id: card for card in await self._keeping.cards(who)}
        if session is not None:
            card = cards.pop(session.conversation.id, None)
            version = session.conversation.version
            found.append(
                Source(
                    lines=session.shown,
                    graph=label(version.spec, version.hash),
                    kept=session.chat.kept,
                    begun=card.begun if card else None,
                    used=card.used if card else None,
                    report=session.report,
                    state=await session.conversation.state(),
                )
            )
        archive = self._house.archive
        for card in cards.values():
            if not everything or archive is None:
                break
            conversation = await archive.open(card)
            version = conversation.version
            found.append(
                Source(
                    lines=await conversation.lines(),
                    graph=label(version.spec, version.hash),
                    kept=True,
                    begun=card.begun,
                    used=card.used,
                    state=await conversation.state(),
                )
            )
        return found
