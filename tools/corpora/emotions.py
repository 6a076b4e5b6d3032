"""What the emotion labels of the corpora stand for; empty where none of Attune's does."""

from collections.abc import Mapping

from tools.labels import EKMAN, Emotion

_EKMAN: Mapping[str, str] = {label: label for label in EKMAN}

MESC: Mapping[str, str] = {
    label: label for label in (*EKMAN, Emotion.DEPRESSION.value) if label != Emotion.SURPRISE
}
"""MESC has `depression` and no surprise."""

ESCONV: Mapping[str, str] = {
    "anger": Emotion.ANGER.value,
    "disgust": Emotion.DISGUST.value,
    "anxiety": Emotion.FEAR.value,
    "fear": Emotion.FEAR.value,
    "nervousness": Emotion.FEAR.value,
    # A label of everyday speech in ESConv: MESC's is a therapist's word for a client.
    "depression": Emotion.SADNESS.value,
    "sadness": Emotion.SADNESS.value,
    "shame": "",
    "guilt": "",
    "pain": "",
    "jealousy": "",
}
"""ESConv's eleven emotions of a conversation; four fall in no group of Ekman's."""

MELD: Mapping[str, str] = _EKMAN
"""MELD has Ekman's six and neutral."""

GOEMOTIONS: Mapping[str, str] = _EKMAN
"""GoEmotions' own grouping of its 27 labels and neutral (`ekman.json`)."""

DFEW: Mapping[str, str] = {
    "happy": Emotion.JOY.value,
    "sad": Emotion.SADNESS.value,
    "neutral": Emotion.NEUTRAL.value,
    "angry": Emotion.ANGER.value,
    "surprise": Emotion.SURPRISE.value,
    "disgust": Emotion.DISGUST.value,
    "fear": Emotion.FEAR.value,
}
"""DFEW's seven, in the order of their numbers."""

EMODB: Mapping[str, str] = {
    "angry": Emotion.ANGER.value,
    "bored": "",
    "disgust": Emotion.DISGUST.value,
    "fear": Emotion.FEAR.value,
    "happy": Emotion.JOY.value,
    "sad": Emotion.SADNESS.value,
    "neutral": Emotion.NEUTRAL.value,
}
"""EmoDB's seven; Ekman has no boredom."""
