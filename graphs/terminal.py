"""Talk with a graph in the terminal."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from agents.context import Context
from agents.state import thoughts_of
from graphs.deployment import reads_bodies
from graphs.keeping.saver import Saver
from graphs.run import Conversation, Finished, Sentence, TurnReport
from graphs.services import assemble
from graphs.shelf import Shelf
from graphs.warm import shortfalls, warm
from tools.clips import Clip
from tools.errors import AttuneError, MediaError
from tools.media import decode

_NOT_READ = (
    "Where people work or learn, no feeling is read from a face or a voice (EU AI Act, "
    "article 5(1)(f)); what is said is written down, and pictures are not used."
)

_LEAVE = "/end"
_NO_WORDS = "Take your time; I am here. Write when you are ready. `/end` or Ctrl-D ends the talk."
_CLOSING = (
    "This is the end of this talk. You can begin another one whenever you want. If you or someone "
    "else may be in danger, please contact your local emergency service."
)


class Studied(TurnReport):
    """A turn for whoever studies a graph: with its thoughts, which no page is given."""

    thoughts: dict[str, str]


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
        deployment: str = "",
        console: Console,
        errors: Console,
    ) -> None:
        """Build the graph; models are loaded on the first turn.

        Raises:
            AttuneError: the graph or the profile cannot be used.
        """
        self._services = assemble(profile, models=models, deployment=deployment)
        self._version = Shelf(self._services, Saver()).current(graph)
        self._conversation = Conversation(self._version, self._services)
        self._locale, self._country = locale, country
        self._console, self._errors = console, errors

    async def once(
        self, words: str, audio: Path | None, video: Path | None, *, show: bool
    ) -> Studied:
        """Run one turn and return its report; `show` prints the sentences as they come.

        A file that cannot be read is told among the errors, and the turn runs on what is left:
        the words beside it may be the ones that need an answer most.

        Args:
            words: what is said; may be empty when there is a file.
            audio: a recording whose sound is used, and consent to that.
            video: a video or a photo whose pictures are used, and consent to that.
            show: print the sentences as they come.

        Raises:
            MediaError: no file can be read, and there are no words.
            AttuneError: the turn failed.
        """
        try:
            found = await asyncio.gather(
                *(asyncio.to_thread(_voice, path) for path in (audio,) if path),
                *(asyncio.to_thread(_face, path) for path in (video,) if path),
            )
            clips = [clip for clip in found if isinstance(clip, Clip)]
            unread = [str(error) for error in found if isinstance(error, MediaError)]
            if unread and not clips and not words.strip():
                raise MediaError(" ".join(unread))
            if clips and not reads_bodies(self._services.deployment):
                self._warn(_NOT_READ)
            for sentence in unread:
                self._warn(sentence)
            self._disclose(self._errors)
            await self._warm()
            context = self._context(microphone=audio is not None, camera=video is not None)
            report = await self._turn(words, clips, context, show=show)
            return {**report, "thoughts": thoughts_of(await self._conversation.state())}
        finally:
            self._services.models.close()

    async def talk(self) -> None:
        """Ask and answer until the person ends it, with `/end` or Ctrl-D; nothing else does."""
        self._disclose(self._console)
        try:
            await self._warm()
            while (words := await asyncio.to_thread(self._ask)) != _LEAVE:
                if not words:
                    self._tell(_NO_WORDS)
                    continue
                try:
                    await self._turn(words, (), self._context(), show=True)
                except AttuneError as error:
                    self._console.print(str(error), style="yellow", markup=False, highlight=False)
            self._tell(_CLOSING)
        finally:
            self._services.models.close()

    def _disclose(self, console: Console) -> None:
        """Say what this is, before anything else."""
        for line in self._services.phrases.for_locale(self._locale).disclosure:
            console.print(line, style="dim", highlight=False)

    async def _warm(self) -> None:
        """Load the models first, so that none is given up for being slow to load."""
        with self._errors.status("loading the models"):
            notices = await warm(self._services, self._version)
        for notice in [*shortfalls(self._services, self._version), *notices]:
            self._warn(notice.text)
            self._errors.print(notice.reason, style="dim", markup=False, highlight=False)

    def _ask(self) -> str:
        try:
            return self._console.input("[bold]you:[/bold] ").strip()
        except EOFError:
            self._console.print()  # what follows is not to stand behind the question
            return _LEAVE

    def _tell(self, sentence: str) -> None:
        self._console.print(sentence, style="dim", markup=False, highlight=False, soft_wrap=True)

    def _warn(self, sentence: str) -> None:
        self._errors.print(sentence, style="yellow", markup=False, highlight=False, soft_wrap=True)

    def _context(self, *, microphone: bool = False, camera: bool = False) -> Context:
        return Context(
            locale=self._locale,
            country=self._country,
            microphone=microphone,
            camera=camera,
            disclosed=True,
        )

    async def _turn(
        self, words: str, clips: Sequence[Clip], context: Context, *, show: bool
    ) -> TurnReport:
        async for event in self._conversation.send(words, clips, context):
            match event:
                case Sentence(text) if show:
                    self._console.print(text, markup=False, highlight=False)
                case Finished(report):
                    return report
        raise AssertionError("a turn always ends with `Finished`")


def _voice(path: Path) -> Clip | MediaError:
    """Return the sound of a file: the person gave it for their voice, not for their face."""
    clip = _read(path)
    if isinstance(clip, Clip) and clip.audio is None:
        return MediaError("The file of --audio holds no sound; give another, or use --video.")
    return replace(clip, frames=[]) if isinstance(clip, Clip) else clip


def _face(path: Path) -> Clip | MediaError:
    """Return the pictures of a file: the person gave it for their face, not for their voice."""
    clip = _read(path)
    if isinstance(clip, Clip) and not clip.frames:
        return MediaError("The file of --video holds no picture; give another, or use --audio.")
    return replace(clip, audio=None) if isinstance(clip, Clip) else clip


def _read(path: Path) -> Clip | MediaError:
    try:
        return decode(path)
    except MediaError as error:
        return error
    except Exception as error:  # whatever a decoder does, the words are answered
        return MediaError(
            f"A file could not be read ({type(error).__name__}); please try another one."
        )
