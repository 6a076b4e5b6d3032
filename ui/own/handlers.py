"""What happens in the panel about a person's own data."""

import logging
from collections.abc import AsyncIterator
from html import escape

import gradio as gr

from agents.context import Context
from tools.errors import AttuneError, StorageError
from ui import texts as page_texts
from ui.gate.identity import Identity, identity
from ui.house import House
from ui.layout import Layout
from ui.own import texts
from ui.own.erasing import Erasing
from ui.own.exporting import Exporting
from ui.own.keeping import Keeping, when
from ui.parts import NOW, QUIET, Changes, paragraph
from ui.session import Session
from ui.talk import Talk

_log = logging.getLogger(__name__)


class OwnData:
    """The handlers of the panel; every one is a coroutine, as those of `ui.page.Page`."""

    def __init__(self, house: House, parts: Layout, talk: Talk, keeping: Keeping) -> None:
        """Serve the panel of one page."""
        self._house = house
        self._parts = parts
        self._data = parts.data
        self._talk = talk
        self._keeping = keeping

    def connect(self) -> None:
        """Connect the parts."""
        p, d, key = self._parts, self._data, self._parts.key
        p.data_button.click(
            self.listed, [key, d.keep], d.parts, **NOW
        )  # `page.js` opens and closes it
        d.keep.input(
            self.chosen,
            [key, d.keep],
            [key, p.tab, *d.parts, p.short],
            js="async (key, on) => { if (on) await attune.stay(); return [key, on]; }",
            **NOW,
        )
        senses = [p.senses.microphone, p.senses.camera]
        whole = [*p.conversation_parts, *d.parts]
        d.open.click(
            self.opened,
            [key, d.choice, p.country, *senses],
            whole,
            js="(...given) => (attune.toTalk(given[1]), given)",
            concurrency_limit=None,
            **QUIET,
        )
        one = [d.sure_one, d.which, d.said]
        asked = d.delete.click(self.asked_one, [key, d.choice], one, **NOW)
        asked.then(None, js="() => attune.show('kept-sure', 'kept-no')", **NOW)
        left = d.no_one.click(self.left_one, None, one, **NOW)
        left.then(None, js="() => attune.show('kept-delete')", **NOW)
        d.choice.input(self.left_one, None, one, **NOW)
        gone = d.yes_one.click(self.deleted, [key, d.choice, p.country], whole, **NOW)
        gone.then(None, js="() => attune.show('data-said')", **NOW)
        Exporting(self._house, d, self._keeping).connect(key, senses)
        Erasing(self._house, p, self._talk, self._keeping, self._panel).connect(whole)
        d.timer.tick(self.ticked, [key], whole, **NOW)

    # Keeping.

    async def listed(self, key: str, keep: bool, request: gr.Request) -> Changes:
        """Show how things stand now.

        The choice to keep is left alone where it shows that already: its person may be about to
        change it.
        """
        d = self._data
        panel = await self._panel(key, identity(request), shown=keep)
        return {d.said: "", d.exported: "", d.erased: "", **panel}

    async def chosen(self, key: str, on: bool, request: gr.Request) -> Changes:
        """Keep the conversation from here on, or delete what is kept of it; both at once."""
        d, who = self._data, identity(request)
        key, session, _ = self._talk.visit(key, request)
        keeping = self._keeping
        said = await (keeping.keep(session.chat, who) if on else keeping.let_go(session.chat))
        panel = await self._panel(key, who)
        return {
            **self._talk.held(key, session, who),
            **panel,
            d.state: paragraph(said),
            self._parts.short: self._parts.short_html(session.chat.kept),
        }

    async def _panel(self, key: str, who: Identity, *, shown: bool | None = None) -> Changes:
        """Return how the panel stands; `shown` is what the choice to keep shows already."""
        d, session = self._data, self._house.sessions.find(key, who.key)
        chat = session.chat if session else None
        listing = await self._listing(who, chat.conversation.id if chat else "")
        possible = who.known and await self._keeping.possible()
        kept = bool(chat and chat.kept)  # as it is now: nothing is waited for from here on
        choice: Changes = {} if kept == shown else {"value": kept}
        return {
            **listing,
            d.who: gr.HTML(_signed_in(who), visible=bool(who.name)),
            d.keep: gr.Checkbox(**choice, interactive=possible or kept),
            d.lead: paragraph(
                texts.KEEP_LEAD.format(days=d.days) if possible else texts.KEEP_IMPOSSIBLE
            ),
            d.state: paragraph(self._keeping.told(chat, who) if chat else texts.KEPT_NOT),
            d.timer: gr.Timer(active=kept),
            d.sure: gr.Row(visible=False),
            d.sure_one: gr.Row(visible=False),
        }

    async def _listing(self, who: Identity, current: str) -> Changes:
        """Return the list of what is kept, or why there is none; `current` is open here."""
        d = self._data
        try:
            entries = await self._keeping.entries(who, current)
        except StorageError as error:
            _log.error("what is kept cannot be listed: %s", error)
            return {d.said: paragraph(texts.STORE_TROUBLE)}
        return {
            d.kept: gr.Column(visible=bool(entries)),
            d.choice: gr.Radio(choices=entries, value=None),
            d.all: gr.Checkbox(visible=bool(entries)),
        }

    async def opened(
        self,
        key: str,
        id: str | None,
        country: str,
        microphone: bool,
        camera: bool,
        request: gr.Request,
    ) -> AsyncIterator[Changes]:
        """Go on with a kept conversation where it stood; an unfinished turn is finished first."""
        d, p, who = self._data, self._parts, identity(request)
        key, session, _ = self._talk.visit(key, request)
        if not id:
            yield {d.said: paragraph(texts.KEPT_CHOOSE)}
            return
        try:
            chat = await self._keeping.open(key, who, id)
        except AttuneError as error:
            _log.error("a kept conversation could not be opened: %s", error)
            said = paragraph(texts.STORE_TROUBLE)
            yield {d.said: said, p.status: said}
            return
        opened = self._house.sessions.find(key, who.key)
        if chat is None or opened is None:
            said = paragraph(texts.KEPT_GONE)
            yield {**await self._panel(key, who), d.said: said, p.status: said}
            return
        yield {
            **await self._panel(key, who),
            **self._talk.redrawn(opened, country),
            **self._talk.held(key, opened, who),
            p.status: paragraph(texts.KEPT_OPENED),
        }
        async for changes in self._finish(opened, country, microphone, camera):
            yield changes

    async def finished(
        self, key: str, country: str, microphone: bool, camera: bool, request: gr.Request
    ) -> AsyncIterator[Changes]:
        """Finish what a crash broke off in a conversation that has come back by itself."""
        session = self._house.sessions.find(key, identity(request).key)
        yield {self._parts.key: key}
        if session is None or not session.chat.kept:
            return
        async for changes in self._finish(session, country, microphone, camera):
            yield changes

    async def _finish(
        self, session: Session, country: str, microphone: bool, camera: bool
    ) -> AsyncIterator[Changes]:
        """Answer what waits in a kept conversation; yield nothing where nothing does."""
        p, chat, changed = self._parts, session.chat, False
        context = Context(
            locale=self._house.locale,
            country=country,
            microphone=microphone,
            camera=camera and not chat.minor,
            disclosed=True,
            letters_to=self._house.handoff.to if self._house.handoff else "",
        )
        async for _ in self._keeping.resume(chat, context):
            if session.over:
                return
            changed = True
            yield {**self._talk.redrawn(session, country), p.status: paragraph(texts.KEPT_RESUMING)}
        said = {p.status: paragraph(texts.KEPT_OPENED)} if changed else {}
        yield {**self._talk.redrawn(session, country), **said}

    async def ticked(self, key: str, request: gr.Request) -> Changes:
        """Show what another tab has changed, if it has changed anything."""
        p, d = self._parts, self._data
        session = self._house.sessions.find(key, identity(request).key)
        if session is not None:
            await self._keeping.refresh(session.chat)
        if session is None or session.over:
            return {
                **self._talk.emptied(),
                **p.senses.with_camera(),
                p.status: paragraph(page_texts.DELETED_ELSEWHERE),
                d.timer: gr.Timer(active=False),
            }
        if session.seen == session.chat.revision:
            return {p.status: gr.skip()}
        changes = self._talk.redrawn(session, "")
        if not session.chat.kept:
            changes[d.timer] = gr.Timer(active=False)
        return changes

    # Deleting.

    async def asked_one(self, key: str, id: str | None, request: gr.Request) -> Changes:
        """Ask before one kept conversation is deleted."""
        d, who = self._data, identity(request)
        if not id:
            return {d.said: paragraph(texts.KEPT_CHOOSE)}
        try:
            card = await self._keeping.card(who, id)
        except StorageError:
            return {d.said: paragraph(texts.STORE_TROUBLE)}
        if card is None:
            return {d.said: paragraph(texts.KEPT_GONE)}
        session = self._house.sessions.find(key, who.key)
        this = session is not None and session.conversation.id == id
        said = texts.KEPT_SURE_THIS if this else texts.KEPT_SURE.format(which=when(card))
        return {d.sure_one: gr.Row(visible=True), d.which: paragraph(said), d.said: ""}

    async def left_one(self) -> Changes:
        """Leave it as it is."""
        return {self._data.sure_one: gr.Row(visible=False)}

    async def deleted(self, key: str, id: str | None, country: str, request: gr.Request) -> Changes:
        """Delete one kept conversation, in every tab."""
        d, who = self._data, identity(request)
        if not id:
            return {d.said: paragraph(texts.KEPT_CHOOSE)}
        try:
            there = await self._keeping.delete(who, id)
        except StorageError as error:
            _log.error("a kept conversation could not be deleted: %s", error)
            return {d.said: paragraph(texts.ERASE_STUCK)}
        key, session, lost = self._talk.visit(key, request)
        return {
            **self._talk.held(key, session, who),
            **(self._talk.redrawn(session, country) if lost else {}),
            **await self._panel(key, who),
            d.said: paragraph(texts.KEPT_DELETED if there else texts.KEPT_GONE),
        }


def _signed_in(who: Identity) -> str:
    """Return who is signed in, with the way out."""
    signed = texts.SIGNED_IN.format(name=who.name)
    return (
        f'<form method="post" action="/attune/sign-out"><p>{escape(signed)} '
        f'<button type="submit">{escape(texts.SIGN_OUT)}</button></p></form>'
    )
