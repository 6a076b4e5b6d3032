"""Tell whether a sentence keeps to the planned strategy.

A first, plain check: published work finds that about 40% of a model's answers do not follow their
own plan (MOCC-R1). What a small model does most is to advise or to console where it was asked to
listen.
"""

import re

from tools.labels import Strategy

_ADVICE = re.compile(
    r"\b(you (should|ought to|need to|must|have to|can always|might want to|could try)"
    r"|(why not|why don't you|try to|make sure|remember (that|to)|don't forget)"
    r"|it('s| is) (important|best|essential|necessary|crucial) (to|that|for you))\b",
    re.IGNORECASE,
)
_CONSOLATION = re.compile(
    r"\b(everyone makes mistakes|everything (happens|will be|is going to be)|stay positive"
    r"|look on the bright side|time heals|it could be worse|you are (still )?loved|cheer up"
    r"|don't worry|be strong|calm down)\b",
    re.IGNORECASE,
)


def departs(sentence: str, strategy: str) -> str:
    """Return why a sentence does not follow the strategy; empty when it does.

    Args:
        sentence: one sentence of a reply, in English; in other languages nothing is found.
        strategy: a value of `tools.labels.Strategy`, or empty without a plan.
    """
    if _CONSOLATION.search(sentence):
        return "a platitude"
    if strategy and strategy != Strategy.ADVISEMENT and _ADVICE.search(sentence):
        return f"advice under {strategy!r}"
    return ""
