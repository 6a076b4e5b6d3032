"""One turn on the page: from what the person sent to what the chat shows."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from agents.context import Context
from graphs.run import Finished, Progress, Sentence
from tools.clips import Clip
from tools.errors import InputError, MediaError
from tools.labels import UNKNOWN
from tools.phrases import LocalePhrases
from ui import texts
from ui.session import Bubble, Ready, Session
from ui.uploads import UploadFolder, read_clips

_log = logging.getLogger(__name__)


async def _at_once() -> None:
    """Wait for nothing."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What came with one press of Send; `audio` and `file` are uploads."""

    words: str
    audio: str | None = None
    file: str | None = None
    microphone: bool = False
    camera: bool = False
    country: str = ""
    locale: str = "en"


async def take_turn(
    session: Session, sent: Sent, uploads: UploadFolder, ready: Ready = _at_once
) -> AsyncGenerator[str, None]:
    """Run one turn and change `session.shown` as it goes on; yield a status line at each change.

    Whatever goes wrong becomes one kind sentence in the chat, and the words come back in
    `session.unsent`. Uploads are deleted as soon as they are decoded.

    Args:
        session: whose turn it is.
        sent: what they sent.
        uploads: where their recordings lie.
        ready: what the graph waits for, as long as models are loading.
    """
    session.unsent = ""
    files = _allowed(sent, uploads)
    if not sent.words.strip() and not files:
        yield texts.NOTHING
        return
    before = len(session.shown)
    session.shown.append({"role": "user", "content": _bubble(sent)})
    yield texts.LISTENING if files else texts.THINKING
    status = ""
    try:
        clips = await _clips(session, sent, files, uploads)
        async with aclosing(_answer(session, sent, clips, ready)) as statuses:
            async for status in statuses:
                yield status
        status = ""
        if session.stopped:
            status = texts.STOPPED
            if len(session.shown) == before + 1:
                _take_back(session, before, sent.words)
    except (InputError, MediaError) as error:
        _take_back(session, before, sent.words, str(error))
    except Exception:
        _log.exception("a turn failed")
        _take_back(session, before, sent.words, texts.SORRY)
    yield status


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
) -> list[Clip]:
    """Decode what was sent; of several clips with a face or a voice, the graph takes the last."""
    live = session.camera.take()  # also without consent, so that nothing stays
    try:
        clips = await read_clips(files)
    finally:
        uploads.discard(files)
    return [live, *clips] if live and sent.camera else clips


async def _answer(
    session: Session, sent: Sent, clips: list[Clip], ready: Ready
) -> AsyncGenerator[str, None]:
    context = Context(
        locale=sent.locale,
        country=sent.country,
        microphone=sent.microphone,
        camera=sent.camera,
        correction=session.correction,
    )
    asked, between = session.shown[-1], " "
    reply: Bubble | None = None
    nodes = session.conversation.version.spec.nodes
    async with aclosing(session.run(sent.words, clips, context, ready)) as events:
        async for event in events:
            match event:
                case Progress(node) if node in nodes and (nodes[node].use or node) == "crisis":
                    between = "\n\n"
                case Progress("screen" | "screen_heard"):
                    yield texts.THINKING
                case Sentence(text):
                    if reply is None:
                        reply = {"role": "assistant", "content": text}
                        session.shown.append(reply)
                    else:
                        reply["content"] += between + text
                    yield texts.WRITING
                case Finished(report):
                    session.report, session.correction = report, ""
                    asked["content"] = _bubble(sent, report["heard"]["text"])


def _bubble(sent: Sent, heard: str = "") -> str:
    """Return what the chat shows of a message; a recording becomes its words once known."""
    parts = [sent.words.strip()]
    if sent.audio and not heard:
        parts.append(texts.RECORDING)
    if sent.file:
        parts.append(texts.PICTURE)
    if heard:
        parts.append(texts.SPOKEN.format(words=heard))
    return "\n".join(part for part in parts if part)


def _take_back(session: Session, before: int, words: str, sentence: str = "") -> None:
    """Put the words back; drop their bubble unless an answer to them has begun."""
    session.unsent = words
    if len(session.shown) == before + 1:
        del session.shown[before:]
    if sentence:
        session.shown.append({"role": "assistant", "content": sentence})


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
