"""The pages of the rating: each address shows what the files hold, so a reload loses nothing.

```
/                       what is done here, and the rater's word
/rate/WORD              leads on to the first question without an answer
/rate/WORD/7            the seventh question of that rater
/rate/WORD/stop         for now; /end after the last one; /skipped the first that was left out
/help                   people to talk to
```
"""

import logging
import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from tools.errors import DataError
from tools.phrases import LocalePhrases
from ui.gate.body import Gone, TooLarge, read_body
from ui.gate.site import Site
from ui.help import countries, help_html
from ui.rating import pages, texts
from ui.rating.asking import question_page
from ui.rating.colours import colours
from ui.rating.door import RatingDoor
from ui.rating.headers import RatingHeaders
from ui.rating.ledger import Ledger, unit
from ui.rating.places import SKIP, SKIP_ALL, choices
from ui.rating.round import Round
from ui.rating.study import Question, Study

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

_log = logging.getLogger(__name__)

_HERE = Path(__file__).parent
_LARGEST = 4096
_WORD = re.compile(r"[a-z0-9_-]{2,40}")


class RatingPage:
    """The rating page of one study."""

    def __init__(
        self,
        study: Study,
        ledger: Ledger,
        phrases: LocalePhrases,
        *,
        country: str = "",
        behind: str = "",
    ) -> None:
        """Take what is rated, and where the ratings go.

        Args:
            study: the replies and the rubric.
            ledger: the ratings.
            phrases: of the raters' language, for the people they can talk to.
            country: whose services are shown first; empty for none.
            behind: the public host name that a reverse proxy serves with https.

        Raises:
            ConfigError: `behind` is no host name.
        """
        self._study, self._ledger, self._phrases = study, ledger, phrases
        self._country, self._site = country, Site(behind)
        self._choices = choices(study.rubric)
        self._criteria = {criterion.name: criterion for criterion in study.rubric.criteria}
        day_and_night = colours((_HERE.parent / "style.css").read_text("utf-8"))
        sheets = [_HERE.parent / "services.css", _HERE / "rating.css"]
        self._css = day_and_night + "".join(sheet.read_text("utf-8") for sheet in sheets)
        self._js = (_HERE / "rating.js").read_text("utf-8")

    def application(self) -> "ASGIApp":
        """Return what a server serves."""
        from starlette.applications import Starlette
        from starlette.routing import Route

        routes = [
            Route("/", self.welcome),
            Route("/", self.enter, methods=["POST"]),
            Route("/help", self.people),
            Route("/rating.css", self.style),
            Route("/rating.js", self.script),
            Route("/rate/{word}", self.onward),
            Route("/rate/{word}/end", self.end),
            Route("/rate/{word}/stop", self.stop),
            Route("/rate/{word}/skipped", self.skipped),
            Route("/rate/{word}/{number:int}", self.show),
            Route("/rate/{word}/{number:int}", self.take, methods=["POST"]),
        ]
        answers = {404: _not_here, 405: _not_here, DataError: _unreadable}
        inner = Starlette(routes=routes, exception_handlers=answers)
        return RatingHeaders(RatingDoor(inner, self._site), secure=self._site.secure)

    async def welcome(self, request: "Request") -> "Response":
        """Say what is done here, and ask for a word."""
        return self._welcome()

    async def enter(self, request: "Request") -> "Response":
        """Lead a rater to their questions."""
        word = (await _form(request)).get("rater", "").strip().lower()
        return _to(f"/rate/{word}") if _WORD.fullmatch(word) else self._welcome(wrong=True)

    async def people(self, request: "Request") -> "Response":
        """Show people to talk to."""
        listed = countries()
        country = request.query_params.get("country", self._country)
        country = country if country in {code for _, code in listed} else ""
        return _page(pages.people(help_html(country, self._phrases), listed, country))

    async def style(self, request: "Request") -> "Response":
        """Send the style sheet."""
        from starlette.responses import Response

        return Response(self._css, media_type="text/css")

    async def script(self, request: "Request") -> "Response":
        """Send the script."""
        from starlette.responses import Response

        return Response(self._js, media_type="text/javascript")

    async def onward(self, request: "Request") -> "Response":
        """Lead a rater on to where they stopped."""
        return _to((await self._round(request)).next_open())

    async def skipped(self, request: "Request") -> "Response":
        """Lead a rater to the first question that they left out."""
        return _to((await self._round(request)).next_skipped())

    async def stop(self, request: "Request") -> "Response":
        """Say that a rater can come back."""
        return _page(pages.paused((await self._round(request)).rater))

    async def end(self, request: "Request") -> "Response":
        """Thank a rater who has been through all questions; lead any other on."""
        mine = await self._round(request)
        if (onward := mine.next_open()) != mine.end:
            return _to(onward)
        return _page(pages.end(mine.rater, mine.skipped, len(mine.questions)))

    async def show(self, request: "Request") -> "Response":
        """Show one question."""
        mine = await self._round(request)
        return _page(self._question(mine, mine.at(request.path_params["number"])))

    async def take(self, request: "Request") -> "Response":
        """Take a choice, and lead on once it is kept."""
        from starlette.concurrency import run_in_threadpool

        mine, form = await self._round(request), await _form(request)
        number, choice = request.path_params["number"], form.get("choice", "")
        question, here = mine.at(number), f"/rate/{mine.rater}/{number}"
        if form.get("mark") != self._mark(mine.rater, question):
            onward = f"/rate/{mine.rater}"
            return _page(pages.trouble(texts.STALE, onward, texts.ONWARD), 409)
        try:
            if choice in (SKIP, SKIP_ALL):
                left_out = mine.open_beside(number) if choice == SKIP_ALL else [question]
                await run_in_threadpool(self._ledger.skip, mine.rater, left_out)
            elif choice in {c.value for c in self._choices}:
                await run_in_threadpool(self._ledger.choose, mine.rater, question, choice)
            else:
                return _page(pages.trouble(texts.NO_CHOICE, here, texts.ONWARD), 422)
        except DataError as error:
            _log.error("%s", error)
            return _page(pages.trouble(texts.UNSAVED, here, texts.ONWARD), 503)
        again = mine.chosen.get(unit(question)) == SKIP
        mine = await self._round(request)
        return _to(mine.next_skipped(number) if again else mine.next_open(number))

    async def _round(self, request: "Request") -> Round:
        """Return how far a rater is.

        Raises:
            HTTPException: there is no such word.
        """
        from starlette.concurrency import run_in_threadpool
        from starlette.exceptions import HTTPException

        word = request.path_params["word"]
        if not _WORD.fullmatch(word):
            raise HTTPException(404)
        chosen = await run_in_threadpool(self._ledger.chosen, word)
        mine = Round(word, self._study.questions(word), chosen, len(self._study.rubric.criteria))
        if not 1 <= request.path_params.get("number", 1) <= len(mine.questions):
            raise HTTPException(404)
        return mine

    def _welcome(self, *, wrong: bool = False) -> "Response":
        study = self._study
        shown = len(study.items) * (1 if study.pairwise else len(study.runs))
        text = pages.welcome(study.pairwise, shown, len(study.rubric.criteria), wrong=wrong)
        return _page(text, 422 if wrong else 200)

    def _question(self, mine: Round, question: Question) -> str:
        place = mine.place(question, self._choices, pairwise=self._study.pairwise)
        return question_page(
            place,
            self._criteria[question.criterion],
            self._study.asked(question),
            self._study.replies(question),
            self._mark(mine.rater, question),
            back=mine.back(place.number),
            forward=mine.next_open(place.number) if place.chosen else "",
        )

    def _mark(self, rater: str, question: Question) -> str:
        """Return what tells a question from every other, made of what its page shows anyway."""
        said, replies = self._study.asked(question).said, self._study.replies(question)
        shown = (rater, question.criterion, said, *replies)
        return sha256("\0".join(shown).encode()).hexdigest()[:32]


async def _form(request: "Request") -> dict[str, str]:
    """Return the fields of a form; none where it is too large or no form."""
    try:
        text = (await read_body(request.receive, _LARGEST)).decode("utf-8")
        return {name: values[0] for name, values in parse_qs(text, max_num_fields=8).items()}
    except (Gone, TooLarge, ValueError):
        return {}


def _page(text: str, status: int = 200) -> "Response":
    from starlette.responses import HTMLResponse

    return HTMLResponse(text, status, {"cache-control": "no-store"})


def _to(address: str) -> "Response":
    from starlette.responses import RedirectResponse

    return RedirectResponse(address, 303, {"cache-control": "no-store"})


async def _not_here(request: "Request", error: Exception) -> "Response":
    return _page(pages.trouble(texts.NOT_HERE), 404)


async def _unreadable(request: "Request", error: Exception) -> "Response":
    _log.error("%s", error)
    return _page(pages.trouble(texts.UNREADABLE), 503)
