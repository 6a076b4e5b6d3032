"""Messages as the chat shows them: plain text, and services as links that call."""

from html import escape
from typing import Any

from tools.phrases import LocalePhrases
from tools.safety.resources import emergency, load_resources
from ui.chat import Bubble
from ui.help import called_html, service_html


class Bubbles:
    """Shows messages; only whole lines that code wrote from the resource file become links."""

    def __init__(self, phrases: LocalePhrases) -> None:
        """Write out every service, and every sentence about emergencies, in a language."""
        file = load_resources()
        every = [*file.international, *(s for c in file.countries.values() for s in c.services)]
        self._services = {phrases.line(s): service_html(s, phrases) for s in every}
        language = phrases.language
        self._calls = {
            _text(emergency(country, language)): called_html(country, language)
            for country in ["", *file.countries]
        }

    def html(self, bubbles: list[Bubble]) -> list[Any]:
        """Return messages for the chat, which takes even plain text for HTML."""
        return [
            {**b, "content": self._reply(b["content"]) if _ours(b) else _text(b["content"])}
            for b in bubbles
        ]

    def _reply(self, said: str) -> str:
        text = _text(said)
        parts = said.split("\n\n")
        if not any(p in self._services for p in parts) and not any(c in text for c in self._calls):
            return text
        html, items = "", ""
        for part in [*parts, ""]:
            if part in self._services:
                items += self._services[part]
                continue
            html += f'<ul class="services">{items}</ul>' if items else ""
            html += f"<p>{self._called(_text(part))}</p>" if part else ""
            items = ""
        return html

    def _called(self, text: str) -> str:
        for call, linked in self._calls.items():
            text = text.replace(call, linked)
        return text


def _ours(bubble: Bubble) -> bool:
    return bubble["role"] == "assistant"


def _text(said: str) -> str:
    return escape(said, quote=False)
