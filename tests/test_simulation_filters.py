"""Which dialogues are kept: one rule a test, each on a dialogue that is good but for one thing."""

from dataclasses import replace
from typing import Any

import pytest

from graphs.simulation.filters import Looking, reasons
from graphs.simulation.records import Exchange, Simulated
from graphs.simulation.roles import speaks_as_supporter
from graphs.simulation.seeker import private_texts, read_seeker_prompt
from graphs.simulation.twins import twins
from tests.made_simulation import GOOD, chain, dialogue, profile
from tools.safety.policy import load_policy


def why(made: Simulated, **changes: Any) -> list[str]:
    private = private_texts(read_seeker_prompt())
    return reasons(made, Looking(profile(**changes), load_policy(), private))


def with_line(seeker: str = "", supporter: str = "", at: int = 1) -> Simulated:
    lines = list(GOOD)
    lines[at] = (seeker or lines[at][0], supporter or lines[at][1])
    return dialogue(lines)


def test_a_good_dialogue_is_kept() -> None:
    assert why(dialogue()) == []


@pytest.mark.parametrize("ended", ["failed", "silent"])
def test_a_dialogue_that_was_broken_off_is_dropped(ended: str) -> None:
    assert why(dialogue(ended=ended)) == ["broken off"]


def test_a_dialogue_of_two_turns_is_too_short() -> None:
    assert why(dialogue(GOOD[:2])) == ["too short"]


@pytest.mark.parametrize(
    "line",
    [
        "I'm here for you whenever the kite hurts.",
        "I am so sorry to hear that about the kite.",
        "The kite is torn. Have you tried talking to your cousin?",
        "You should tell your cousin about the kite.",
        "Thank you for sharing this about the kite.",
        "You are very welcome, and good night.",
        "Your cousin gave you the kite back, and you said nothing.",
        "You can tell your cousin about the kite, and we can talk later.",
    ],
)
def test_a_seeker_who_speaks_as_the_supporter_is_noticed(line: str) -> None:
    assert why(with_line(line)) == ["role flip"]


@pytest.mark.parametrize(
    "line",
    [
        "I told him that I'm sorry, and that you cannot buy such a kite.",
        "She asked me whether I have tried to forget it.",
        "You know how it is.",
        "My sister says you should never lend what you love, but I did.",
        "Thanks, I feel welcome here.",
    ],
)
def test_what_seekers_say_is_no_role_flip(line: str) -> None:
    assert not speaks_as_supporter(line)


def test_a_seeker_who_repeats_the_supporter_is_noticed() -> None:
    reply = "So much work went into that silk and it is gone in one single day."
    lines = [*GOOD[:1], (GOOD[1][0], reply), (f"Yes, {reply}", "That stings."), GOOD[3]]
    assert why(dialogue(lines)) == ["parroting"]


def test_a_supporter_who_repeats_the_seeker_is_noticed() -> None:
    seeker = "The silk of my kite had a rip as long as my arm that day."
    assert why(with_line(seeker, f"You say: {seeker}")) == ["parroting"]


def test_a_line_that_is_said_twice_is_noticed() -> None:
    assert why(with_line("My cousin gave my kite back torn!")) == ["repetitive"]


def test_lines_that_mostly_begin_alike_are_noticed() -> None:
    ends = ("at night.", "in the morning.", "at work.", "on the bus.")
    lines = [(f"I keep thinking {e}", reply) for e, (_, reply) in zip(ends, GOOD, strict=True)]
    assert "repetitive" in why(dialogue(lines))


def test_replies_of_fixed_sentences_are_counted() -> None:
    assert why(dialogue(fixed=[0, 1])) == ["fixed replies"]
    assert why(dialogue(fixed=[0])) == []


@pytest.mark.parametrize(
    "line",
    [
        "Seeker: the kite is torn.",
        "The kite is torn. [My problem]",
        "The kite is torn. Supporter: go on.",
        "As an AI I have no kite.",
        "The kite is torn <|im_end|>",
    ],
)
def test_labels_and_marks_of_a_prompt_are_noticed(line: str) -> None:
    assert why(with_line(line)) == ["leaked prompt or label"]


def test_a_supporter_who_speaks_as_a_script_is_noticed() -> None:
    assert "leaked prompt or label" in why(with_line(supporter="Supporter: So much work, gone."))


def test_a_colon_in_speech_is_no_label() -> None:
    assert why(with_line("It scared me: the kite fell like a stone.")) == []


def test_a_demonstration_of_the_prompt_is_noticed() -> None:
    told = "I did write to the landlord about it, but he never answered me."
    assert why(with_line(told)) == ["leaked prompt or label"]


def test_a_seeker_in_danger_is_noticed() -> None:
    assert why(with_line("He hits me when the kite comes home torn.")) == ["unsafe"]


def test_the_crisis_route_is_noticed_whatever_the_words_were() -> None:
    turn = dialogue().turns[1]
    steered = replace(turn, chain=chain(action={"route": "crisis"}))
    turns: list[Exchange] = [*dialogue().turns[:1], steered, *dialogue().turns[2:]]
    assert why(dialogue(turns=turns)) == ["unsafe"]


def test_a_reply_that_no_person_may_see_is_noticed() -> None:
    assert why(with_line(supporter="You have clinical depression.")) == ["unsafe"]


def test_a_line_in_another_language_is_noticed() -> None:
    assert why(with_line("Mi prima me devolvió la cometa rota y no dijo nada de nada.")) == [
        "another language"
    ]


def test_a_seeker_who_never_tells_of_the_situation_is_noticed() -> None:
    lines = [("It rained.", "Rain can weigh."), ("The bus was late.", "Again."), ("Bye.", "Bye!")]
    assert why(dialogue(lines)) == ["off the situation"]


def test_every_reason_of_a_dialogue_is_told() -> None:
    made = dialogue([("Seeker: hm.", "Go on."), ("Bye.", "Take care.")])
    assert why(made) == ["too short", "leaked prompt or label", "off the situation"]


def test_the_later_of_two_that_are_nearly_one_is_found() -> None:
    other = [(f"The {thing} was late again today.", "Oh.") for thing in ("bus", "tram", "ferry")]
    near = [*GOOD[:3], ("Thanks, I must go now.", "Bye.")]
    made = [dialogue(), dialogue(other, index=1), dialogue(near, index=2)]
    assert twins(made) == {"0-00002": "0-00000"}


def test_the_same_reply_to_different_seekers_makes_no_twins() -> None:
    lines = [[(f"My {t} broke on {d}.", "I hear how much that weighs on you.")] * 3
             for t, d in (("kite", "Monday"), ("boat", "Friday"))]  # fmt: skip
    assert twins([dialogue(each, index=n) for n, each in enumerate(lines)]) == {}
