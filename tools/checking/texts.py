"""Everyday sentences, made for checks; no corpus is needed."""

from tools.chat import ChatRequest, Message

PLAIN = (
    "I got the letter today and I have read it three times.",
    "My sister called and we laughed for an hour.",
    "The bus was late again and I missed the meeting.",
    "I keep waiting for an answer that does not come.",
    "Nobody told me that the plan had changed.",
    "The garden is green now and I sit there in the evening.",
    "I do not know what to say to my father.",
    "Work was quiet, I had time to think, and then the phone rang all afternoon.",
)
"""Of different lengths, so that a batch of them is padded."""

ABSENT = {"an empty text": "", "nothing but spaces": "  \n "}

HOSTILE = {
    "a text of 40,000 characters": "and then I went on and on " * 1_600,
    "nothing but emoji": "🙂🌧️👩‍👩‍👧" * 20,
    "Chinese": "今天我收到了那封信。",
    "Arabic": "وصلتني الرسالة اليوم.",
    "a lone surrogate": "a \ud800 letter",
    "a NUL": "a \x00 letter",
}
"""What a person, or a program in their place, may send; none of it may end a model."""


def request(text: str, **more: object) -> ChatRequest:
    """Return a request for a reply to a text."""
    asked = (
        Message("system", "You listen, and you answer in plain sentences."),
        Message("user", text),
    )
    return ChatRequest(asked, **more)  # type: ignore[arg-type]  # fields of ChatRequest
