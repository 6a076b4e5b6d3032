"""One turn on the page: from what the person sent to what the chat shows."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from agents.context import Context
from graphs.build import duty
from graphs.run import Earlier, Finished, Progress, Sentence, TurnReport
from tools.clips import Clip
from tools.errors import InputError, MediaError, places
from tools.labels import Danger
from ui import texts
from ui.chat import Bubble, Heard
from ui.session import Prepare, Ready, Session, Stopped
from ui.uploads import UploadFolder, read_clips

_log = logging.getLogger(__name__)


async def _at_once() -> None:
    """Wait for nothing."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What came with one press of Send; `audio` and `file` are uploads.

    `letters_to` names those to whom the person can write here, if there are any.
    """

    words: str
    audio: str | None = None
    file: str | None = None
    microphone: bool = False
    camera: bool = False
    country: str = ""
    locale: str = "en"
    letters_to: str = ""


async def take_turn(
    session: Session, sent: Sent, uploads: UploadFolder, ready: Ready = _at_once
) -> AsyncGenerator[str, None]:
    """Run one turn and change `session.shown` as it goes on; yield a status line at each change.

    Whatever goes wrong becomes one kind sentence in the chat, and the words come back in
    `session.unsent`. A recording that cannot be read becomes such a sentence, too, but the turn
    runs on what else was sent: the words may be the ones that need an answer most. Uploads are
    deleted as soon as they are decoded.

    Args:
        session: whose turn it is.
        sent: what they sent.
        uploads: where their recordings lie.
        ready: what the graph waits for, as long as models are loading.
    """
    files = _allowed(sent, uploads)
    if not sent.words.strip() and not files:
        if not session.answering:  # else Send was pressed once too often
            yield texts.NOTHING
        return
    turn = _Turn(session.arrive(), {"role": "user", "content": _bubble(sent)}, sent)
    session.shown.append(turn.asked)
    yield texts.LISTENING if files else texts.THINKING
    status = ""

    async def prepare() -> tuple[list[Clip], Context]:
        clips, unread = await _clips(session, sent, files, uploads)
        for sentence in dict.fromkeys(unread):
            session.chat.answer(turn.asked, {"role": "assistant", "content": sentence})
        await ready()
        return clips, _context(session, turn)

    try:
        async with aclosing(_answer(session, turn, prepare)) as statuses:
            async for status in statuses:
                yield status
        status = _unkept(session)
    except Stopped:
        status = texts.STOPPED
        if turn.reply is None:
            _take_back(session, turn)
    except asyncio.CancelledError:  # nobody listens any more
        if turn.reply is None and not session.over:
            _take_back(session, turn)
        raise
    except (InputError, MediaError) as error:
        _take_back(session, turn, str(error))
    except Exception as error:
        _log.error("a turn failed: %s", places(error))
        _take_back(session, turn, texts.SORRY)
    finally:
        uploads.discard(files)  # also those of a turn that was stopped before they were read
    yield status


@dataclass
class _Turn:
    """One message and its reply, as the chat shows them; the reply is None until it begins.

    `correction` and `news` are those of the session that go with it.
    """

    arrival: int
    asked: Bubble
    sent: Sent
    reply: Bubble | None = None
    correction: str = ""
    news: str = ""


def _unkept(session: Session) -> str:
    """Return the sentence for when a turn of a kept conversation could not be put down."""
    return texts.KEEP_TROUBLE if session.chat.kept and session.conversation.trouble else ""


def _allowed(sent: Sent, uploads: UploadFolder) -> list[str]:
    """Return the uploads that the person's consents cover, and delete the others unread."""
    allowed = {
        sent.file: sent.camera or sent.microphone,
        sent.audio: sent.microphone,
    }
    uploads.discard(file for file, allow in allowed.items() if not allow)
    return [file for file, allow in allowed.items() if file and allow]


async def _clips(
    session: Session, sent: Sent, files: list[str], uploads: UploadFolder
) -> tuple[list[Clip], list[str]]:
    """Decode what was sent; of several clips with a face or a voice, the graph takes the last.

    Returns:
        The clips, and a sentence for every recording that cannot be read.

    Raises:
        MediaError: nothing else was sent. The live picture alone is no message.
    """
    live = session.camera.take()  # also without consent, so that nothing stays
    try:
        clips, unread = await read_clips(files)
    finally:
        uploads.discard(files)
    if unread and not clips and not sent.words.strip():
        raise MediaError(" ".join(dict.fromkeys(unread)))
    return ([live, *clips] if live and sent.camera else clips), unread


def _context(session: Session, turn: _Turn) -> Context:
    """Return what goes with a message; a correction and news go with one alone."""
    sent = turn.sent
    turn.correction, session.correction = session.correction, ""
    turn.news, session.news = session.news, ""
    return Context(
        locale=sent.locale,
        country=sent.country,
        microphone=sent.microphone,
        camera=sent.camera,
        correction=turn.correction,
        disclosed=True,  # it stands on the page before the first message
        letters_to=sent.letters_to,
        letter=turn.news,
    )


async def _answer(session: Session, turn: _Turn, prepare: Prepare) -> AsyncGenerator[str, None]:
    between = " "
    aside = False
    spec = session.conversation.version.spec
    async with aclosing(session.run(turn.sent.words, prepare)) as events:
        async for event in events:
            match event:
                case Earlier(words, said):  # a crash had left it open
                    _show_earlier(session, turn, words, said)
                    yield texts.THINKING
                case Progress(node) if duty(spec, node) == "crisis":
                    between = "\n\n"
                case Progress(node) if duty(spec, node) == "screen":
                    yield texts.THINKING
                case Sentence(text):
                    apart = aside or event.aside
                    aside = event.aside
                    if turn.reply is None:
                        turn.reply = {"role": "assistant", "content": text}
                        session.chat.answer(turn.asked, turn.reply)
                    else:
                        turn.reply["content"] += ("\n\n" if apart else between) + text
                    yield texts.WRITING
                case Finished(report):
                    _finish(session, turn, report)


def _finish(session: Session, turn: _Turn, report: TurnReport) -> None:
    """Take up what a turn came to."""
    session.report = report
    if report["route"] == "crisis":  # there the help comes first
        session.news = session.news or turn.news
    session.minor = session.minor or Danger.MINOR in report["risk"]["dangers"]
    heard = report["heard"]["text"]
    session.heard = (
        Heard(turn.asked, turn.sent.words.strip(), _typed(turn.sent), heard) if heard else None
    )
    turn.asked["content"] = _bubble(turn.sent, heard)


def _show_earlier(session: Session, turn: _Turn, words: str, said: str) -> None:
    """Show what was answered first, above the message that waited for it."""
    place = next(i for i, bubble in enumerate(session.shown) if bubble is turn.asked)
    before = session.shown[:place]
    if not any(bubble["role"] == "user" and bubble["content"] == words for bubble in before[-1:]):
        before.append({"role": "user", "content": words})
    session.shown[:place] = [*before, {"role": "assistant", "content": said}]


def _bubble(sent: Sent, heard: str = "") -> str:
    """Return what the chat shows of a message; a recording becomes its words once known."""
    parts = [_typed(sent)]
    if heard:
        parts.append(texts.SPOKEN.format(words=heard))
    elif sent.audio:
        parts.append(texts.RECORDING)
    return "\n".join(part for part in parts if part)


def _typed(sent: Sent) -> str:
    return "\n".join(filter(None, [sent.words.strip(), texts.PICTURE if sent.file else ""]))


def _take_back(session: Session, turn: _Turn, sentence: str = "") -> None:
    """Put the words back; drop their bubble unless an answer to them has begun."""
    session.take_back(turn.arrival, turn.sent.words)
    session.correction = session.correction or turn.correction
    session.news = session.news or turn.news
    if sentence:
        session.chat.answer(turn.asked, {"role": "assistant", "content": sentence})
    if turn.reply is None:
        session.shown = [bubble for bubble in session.shown if bubble is not turn.asked]
