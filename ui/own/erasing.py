"""Deleting everything of somebody, and saying what is gone and what is not."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import gradio as gr

from tools.errors import StorageError
from ui.gate.identity import Identity, identity
from ui.house import House
from ui.layout import Layout
from ui.own import texts
from ui.own.keeping import Keeping
from ui.parts import NOW, Changes, paragraph
from ui.talk import Talk

_log = logging.getLogger(__name__)


class Erasing:
    """The button that deletes everything, and its question."""

    def __init__(
        self,
        house: House,
        parts: Layout,
        talk: Talk,
        keeping: Keeping,
        panel: Callable[[str, Identity], Awaitable[Changes]],
    ) -> None:
        """Serve one page; `panel` says how its panel stands."""
        self._house = house
        self._parts = parts
        self._data = parts.data
        self._talk = talk
        self._panel = panel
        self._keeping = keeping

    def connect(self, changed: list[Any]) -> None:
        """Connect the parts; `changed` are all that show something of a conversation."""
        p, d = self._parts, self._data
        asked = d.erase.click(self.asked, None, [d.sure], **NOW)
        asked.then(None, js="() => attune.show('erase-sure', 'erase-no')", **NOW)
        left = d.no.click(self.left, None, [d.sure], **NOW)
        left.then(None, js="() => attune.show('erase')", **NOW)
        given = [p.key, p.senses.audio, p.senses.file]
        erased = d.yes.click(
            self.erased, given, changed, js="(...given) => (attune.forget(), given)", **NOW
        )
        erased.then(None, js="() => attune.show('data-erased')", **NOW)

    async def asked(self) -> Changes:
        """Ask before everything is deleted."""
        return {self._data.sure: gr.Row(visible=True)}

    async def left(self) -> Changes:
        """Leave everything as it is."""
        return {self._data.sure: gr.Row(visible=False)}

    async def erased(
        self,
        key: str,
        audio: str | None,
        file: str | None,
        request: gr.Request,
    ) -> Changes:
        """Delete everything of somebody, and say what is gone and what is not."""
        p, d, who = self._parts, self._data, identity(request)
        self._house.uploads.discard([audio, file])
        letters = await self._take_back_letters(key, who)
        try:
            count = await self._keeping.delete_all(who, key)
            said = self._erased(count, letters)
        except StorageError as error:
            _log.error("not everything could be deleted: %s", error)
            said = paragraph(texts.ERASE_STUCK)
        key, session, _ = self._talk.visit(key, request)
        return {
            **self._talk.emptied(),
            **p.senses.with_camera(),
            **(p.letter.fresh() if p.letter else {}),
            **await self._panel(key, who),
            **self._talk.held(key, session, who),
            p.senses.audio: gr.Audio(value=None),
            p.senses.file: gr.File(value=None),
            p.status: paragraph(texts.ERASED_SHORT),
            d.erased: said,
        }

    async def _take_back_letters(self, key: str, who: Identity) -> bool:
        """Delete letters of somebody's sessions that were not delivered; say whether any was."""
        if self._house.handoff is None:
            return False
        own = self._house.sessions.find(key, who.key)
        gone = False
        for session in dict.fromkeys([*([own] if own else []), *self._house.sessions.of(who.key)]):
            if session.letter is not None:
                gone |= await self._house.handoff.outbox.take_back(session.letter["id"])
                session.letter = None
        return gone

    def _erased(self, count: int, letters: bool) -> str:
        lines = [
            texts.ERASED.format(kept=texts.ERASED_KEPT if count else ""),
            *([texts.ERASED_LETTER] if letters else []),
            *([texts.ERASED_AUDIT] if self._house.services.audit is not None else []),
            *([texts.ERASED_NOT_LETTER] if self._house.handoff is not None else []),
            texts.ERASED_FILE,
        ]
        return "".join(map(paragraph, lines))
