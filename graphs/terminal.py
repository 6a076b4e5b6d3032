"""Talk with a graph in the terminal."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from langgraph.checkpoint.memory import InMemorySaver
from rich.console import Console

from agents.context import Context
from graphs.run import Conversation, Finished, Sentence, TurnReport
from graphs.services import assemble
from graphs.shelf import Shelf
from graphs.warm import shortfalls, warm
from tools.clips import Clip
from tools.errors import AttuneError
from tools.media import decode


class Terminal:
    """One conversation on one graph, in text, with files for voice and face."""

    def __init__(
        self,
        *,
        graph: str,
        profile: str,
        models: Path | None,
        locale: str,
        country: str,
        console: Console,
        errors: Console,
    ) -> None:
        """Build the graph; models are loaded on the first turn.

        Raises:
            AttuneError: the graph or the profile cannot be used.
        """
        self._services = assemble(profile, models=models)
        self._version = Shelf(self._services, InMemorySaver()).current(graph)
        self._conversation = Conversation(self._version, self._services)
        self._locale, self._country = locale, country
        self._console, self._errors = console, errors

    async def once(
        self, words: str, audio: Path | None, video: Path | None, *, show: bool
    ) -> TurnReport:
        """Run one turn and return its report; `show` prints the sentences as they come.

        Raises:
            AttuneError: a file cannot be read, or the turn failed.
        """
        try:
            files = [path for path in (audio, video) if path is not None]
            clips = await asyncio.gather(*(asyncio.to_thread(decode, path) for path in files))
            await self._warm()
            return await self._turn(words, clips, show=show)
        finally:
            self._services.models.close()

    async def talk(self) -> None:
        """Ask and answer until the person ends it with an empty line or Ctrl-D."""
        phrases = self._services.phrases.for_locale(self._locale)
        for line in phrases.disclosure:
            self._console.print(line, style="dim", highlight=False)
        try:
            await self._warm()
            while words := await asyncio.to_thread(self._ask):
                try:
                    await self._turn(words, (), show=True)
                except AttuneError as error:
                    self._console.print(str(error), style="yellow", markup=False, highlight=False)
        finally:
            self._services.models.close()

    async def _warm(self) -> None:
        """Load the models first, so that none is given up for being slow to load."""
        with self._errors.status("loading the models"):
            notices = await warm(self._services, self._version)
        for notice in [*shortfalls(self._services, self._version), *notices]:
            self._errors.print(notice.text, style="yellow", markup=False, highlight=False)
            self._errors.print(notice.reason, style="dim", markup=False, highlight=False)

    def _ask(self) -> str:
        try:
            return self._console.input("[bold]you:[/bold] ").strip()
        except EOFError:
            return ""

    async def _turn(self, words: str, clips: Sequence[Clip], *, show: bool) -> TurnReport:
        context = Context(
            locale=self._locale,
            country=self._country,
            microphone=any(clip.audio is not None for clip in clips),
            camera=any(clip.frames for clip in clips),
        )
        async for event in self._conversation.send(words, clips, context):
            match event:
                case Sentence(text) if show:
                    self._console.print(text, markup=False, highlight=False)
                case Finished(report):
                    return report
        raise AssertionError("a turn always ends with `Finished`")
