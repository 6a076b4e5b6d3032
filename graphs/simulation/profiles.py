"""Who is played: made-up people in the fields of SocialSim's persona bank (AAAI 2025).

All of them are adults, and none is in danger: this loop is no test of the crisis protocol.
"""

import hashlib
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, model_validator

from tools.examples.rows import ProblemType
from tools.yaml_file import read_yaml

FILE = Path(__file__).parents[2] / "tools" / "data" / "seekers.yaml"

Feeling = Literal[
    "anger", "anxiety", "depression", "disgust", "fear", "guilt", "jealousy", "nervousness",
    "pain", "sadness", "shame",
]  # fmt: skip
"""What ESConv lets a seeker name for a whole conversation."""


class Personality(BaseModel, extra="forbid"):
    """The Big Five, each in a few plain words."""

    openness: str = Field(min_length=1)
    conscientiousness: str = Field(min_length=1)
    extraversion: str = Field(min_length=1)
    agreeableness: str = Field(min_length=1)
    neuroticism: str = Field(min_length=1)


class Happening(BaseModel, extra="forbid"):
    """The event behind it: when, where, who was there, and what happened."""

    time: str = Field(min_length=1)
    place: str = Field(min_length=1)
    people: list[str] = Field(min_length=1)
    what: str = Field(min_length=1)


class Attempt(BaseModel, extra="forbid"):
    """What the person tried, and how it went."""

    did: str = Field(min_length=1)
    went: str = Field(min_length=1)


class SeekerProfile(BaseModel, extra="forbid"):
    """One made-up person; the long texts are in the first person, as they would say them.

    Attributes:
        id: unique in its file.
        gender: in the person's own word.
        age: in years.
        occupation: what they do.
        personality: the Big Five.
        topic: the kind of problem, one of MESC's, cleaned.
        subtopic: the same more closely.
        situation: two or three sentences.
        event: what brought it about.
        emotion: the feeling that a corpus would name for the conversation.
        feelings: words for what they feel.
        tried: what they did about it so far.
        goals: what they hope for from the talk.
    """

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    gender: str = Field(min_length=1)
    age: int = Field(ge=18, le=110)
    occupation: str = Field(min_length=1)
    personality: Personality
    topic: ProblemType
    subtopic: str = Field(min_length=1)
    situation: str = Field(min_length=1)
    event: Happening
    emotion: Feeling
    feelings: list[str] = Field(min_length=2)
    tried: list[Attempt] = Field(min_length=1)
    goals: list[str] = Field(min_length=1)


class SeekerFile(BaseModel, extra="forbid"):
    """A file of profiles."""

    seekers: list[SeekerProfile] = Field(min_length=1)

    @model_validator(mode="after")
    def _unique(self) -> "SeekerFile":
        ids = [seeker.id for seeker in self.seekers]
        if twice := sorted({id for id in ids if ids.count(id) > 1}):
            raise ValueError(f"these ids stand there twice: {', '.join(twice)}")
        return self


def read_seekers(path: Path = FILE) -> list[SeekerProfile]:
    """Read a file of profiles.

    Raises:
        ConfigError: it cannot be read, or a profile is wrong (its place is named).
    """
    return read_yaml(path, SeekerFile, "seeker file").seekers


def fingerprint(profiles: Sequence[SeekerProfile]) -> str:
    """Return a SHA-256 over what the profiles say, however their file is laid out."""
    text = "\n".join(profile.model_dump_json() for profile in profiles)
    return hashlib.sha256(text.encode()).hexdigest()


def choose(profiles: Sequence[SeekerProfile], seed: int, index: int) -> SeekerProfile:
    """Return who is played in one dialogue.

    Everybody comes once before anybody comes again; the order is new in each round.

    Args:
        profiles: at least one.
        seed: of the run.
        index: of the dialogue, from 0.
    """
    round_, place = divmod(index, len(profiles))
    order = list(profiles)
    random.Random(f"{seed}:round:{round_}").shuffle(order)
    return order[place]
