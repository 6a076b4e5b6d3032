"""Notice a seeker who speaks as the supporter: small models fall back into the helper they are."""

import re

_START = r"(?:^|(?<=[.!?,;] )|(?<=\band )|(?<=\bbut ))"

_OFFERS = (
    r"(?:how|what) (?:can|could|may) i (?:help|do (?:for you|to (?:help|support) you)|assist)",
    r"i(?:'m| am) here (?:for you|to (?:listen|help|support|talk))",
    r"i(?:'m| am) (?:so |really |very )?sorry (?:to hear|that you|you(?:'re| are)|for your)",
    r"(?:thank you|thanks) for (?:sharing|telling me|opening up|trusting me)",
    r"(?:it|that) (?:sounds|seems|must (?:feel|be)) (?:like )?(?:you|very hard for you)",
    r"you(?:'re| are) not alone",
    r"your feelings are (?:valid|normal|understandable)",
    r"it(?:'s| is) (?:ok|okay|normal|understandable|important) (?:for you )?(?:to feel|that you)",
    r"i (?:can )?(?:hear|see|understand) (?:that )?(?:you(?:'re| are)|how you|your)",
    r"(?:have you|did you) (?:tried|try|considered|thought (?:of|about)|talked to)",
    r"(?:maybe |perhaps )?you (?:should|could|might want to) (?:try|talk|consider|take|speak|tell)",
    r"i (?:suggest|recommend|would advise|encourage) (?:that )?you",
    r"(?:would|do) you (?:like|want) (?:me )?to (?:talk|share|tell|explore)",
    r"what would you like to (?:talk|share|tell|discuss|explore)",
    r"how (?:does|did) that make you feel",
    r"(?:can|could) you tell me more",
    r"take (?:all )?(?:the|your) time",
    r"feel free to",
    r"let me know if you",
    r"(?:hi|hello|hey)(?:,| and|, and)* welcome\b",
    r"you(?:'re| are) (?:very |most |always )?welcome",
    r"as your (?:counsell?or|therapist|friend|assistant)",
)
"""What listeners say, at the start of a sentence or of a part of one."""

_OFFER = re.compile(f"{_START}(?:{'|'.join(_OFFERS)})", re.IGNORECASE)


_OWN = re.compile(r"\b(?:i|i'\w+|me|my|mine|myself)\b", re.IGNORECASE)
_YOURS = re.compile(r"\b(?:you|you'\w+|your|yours|yourself)\b", re.IGNORECASE)

_MANY = 2
"""Words for the other one in a line without any for oneself, from which the parts are swapped."""


def speaks_as_supporter(line: str) -> bool:
    """Say whether a line of the seeker's speaks from the other side.

    It offers help, comfort or advice, or it tells the seeker's own story as that of a `you`.
    """
    plain = " ".join(line.replace("’", "'").split())
    if _OFFER.search(plain):
        return True
    return len(_YOURS.findall(plain)) >= _MANY and not _OWN.search(plain)
