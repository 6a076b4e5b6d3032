"""Who is played, and what they bring up when."""

import random
from collections import Counter
from pathlib import Path

import pytest
import yaml

from agents.prompt import Prompt, read_prompt
from graphs.simulation.agenda import FEWEST, plan
from graphs.simulation.profiles import FILE, choose, read_seekers
from graphs.simulation.roles import speaks_as_supporter
from graphs.simulation.seeker import fixed, read_seeker_prompt
from tests.made_simulation import profile
from tools.corpora.emotions import ESCONV
from tools.errors import ConfigError
from tools.safety.policy import load_policy

SHIPPED = read_seekers()
OPENINGS = {"answer": "I\nIt", "goodbye": "Thanks"}


def test_the_shipped_profiles_are_many_and_differ() -> None:
    assert len(SHIPPED) >= 24
    assert len({seeker.topic for seeker in SHIPPED}) >= 15
    assert len({seeker.emotion for seeker in SHIPPED}) >= 8
    ages = [seeker.age for seeker in SHIPPED]
    assert min(ages) < 25 and max(ages) > 65
    assert max(Counter(seeker.gender for seeker in SHIPPED).values()) < 0.6 * len(SHIPPED)


@pytest.mark.parametrize("seeker", SHIPPED, ids=lambda seeker: seeker.id)
def test_a_shipped_profile_tells_of_no_danger(seeker: object) -> None:
    policy = load_policy()
    facts = [item.fact for item in plan(seeker, 60, random.Random(0), {}) if item.fact]  # type: ignore[arg-type]
    assert len(facts) >= 5
    assert not [fact for fact in facts if policy.grade(fact)["findings"]]


def test_a_shipped_profile_never_speaks_as_the_supporter() -> None:
    facts = [item.fact for s in SHIPPED for item in plan(s, 60, random.Random(0), {}) if item.fact]
    assert not [fact for fact in facts if speaks_as_supporter(fact)]


def test_the_feelings_of_a_conversation_are_those_of_esconv() -> None:
    assert {seeker.emotion for seeker in SHIPPED} <= ESCONV.keys()


def test_an_id_that_stands_there_twice_is_named(tmp_path: Path) -> None:
    file = tmp_path / "twice.yaml"
    one = profile().model_dump(mode="json")
    file.write_text(yaml.safe_dump({"seekers": [one, one]}))
    with pytest.raises(ConfigError, match="kite-maker"):
        read_seekers(file)


def test_a_profile_of_somebody_young_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "young.yaml"
    file.write_text(yaml.safe_dump({"seekers": [{**profile().model_dump(mode="json"), "age": 15}]}))
    with pytest.raises(ConfigError, match="seekers.0.age"):
        read_seekers(file)


def test_an_unknown_field_of_a_profile_is_named(tmp_path: Path) -> None:
    file = tmp_path / "more.yaml"
    more = {**profile().model_dump(mode="json"), "hobby": "kites"}
    file.write_text(yaml.safe_dump({"seekers": [more]}))
    with pytest.raises(ConfigError, match="hobby"):
        read_seekers(file)


def test_everybody_is_played_once_before_anybody_is_played_again() -> None:
    people = SHIPPED[:5]
    first = [choose(people, 7, index).id for index in range(5)]
    second = [choose(people, 7, index).id for index in range(5, 10)]
    assert sorted(first) == sorted(second) == sorted(p.id for p in people)
    assert first != second


@pytest.mark.parametrize("turns", [3, 4, 6, 9, 20])
def test_an_agenda_begins_with_the_problem_and_ends_with_goodbye(turns: int) -> None:
    for seed in range(20):
        items = plan(profile(), turns, random.Random(seed), OPENINGS)
        assert FEWEST <= len(items) <= turns
        assert items[0].beat == "begin" and items[0].fact == profile().situation
        assert [item.beat for item in items].count("goodbye") == 1 and items[-1].beat == "goodbye"


def test_every_fact_is_told_once_and_in_order() -> None:
    items = plan(profile(), 20, random.Random(0), OPENINGS)
    beats = [item.beat for item in items if item.fact]
    assert beats == ["begin", "event", "feelings", "tried", "goal"]


def test_a_line_begins_as_its_beat_says_or_else_as_its_fact_does() -> None:
    items = {item.beat: item for item in plan(profile(), 20, random.Random(0), OPENINGS)}
    assert items["begin"].opening == "My" and items["event"].opening == "On Sunday"
    assert items["answer"].opening in ("I", "It") and items["goodbye"].opening == "Thanks"


def test_the_prompt_has_a_note_for_every_beat() -> None:
    prompt = read_seeker_prompt()
    for item in plan(profile(), 20, random.Random(0), OPENINGS):
        assert prompt.fill(f"beats/{item.beat}", fact="a fact")


def test_no_demonstration_speaks_as_the_supporter() -> None:
    lines = [m.content for m in fixed(profile(), read_seeker_prompt()) if m.role == "assistant"]
    assert len(lines) >= 4 and not [line for line in lines if speaks_as_supporter(line)]


def test_a_demonstration_without_its_parts_is_named() -> None:
    sections = {**read_prompt("seeker").sections, "demonstrations/begin": "Hello.\n---\nHi."}
    with pytest.raises(ConfigError, match="'begin'"):
        fixed(profile(), Prompt("seeker", sections))


def test_the_file_of_profiles_says_that_nobody_in_it_exists() -> None:
    assert "nobody in it exists" in FILE.read_text("utf-8")
