"""Planners that need no weights: votes, a blend, and the language model's choice."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.made_loading import loading
from tests.made_services import example
from tools.backends import blend, chat_strategy, example_votes, rule_stance
from tools.backends.chat_strategy import ChatStrategy, named
from tools.backends.openvino_engine import choice_grammar
from tools.catalogue import ModelConfig, ModelFile
from tools.chat import ChatRequest
from tools.errors import ConfigError, UnknownName
from tools.examples.votes import votes
from tools.labels import MASKED, Strategy
from tools.models import Loading, ModelSet
from tools.situation import Situation

KNN = {"task": "strategy", "backend": "knn-strategy"}


def among(entry: dict[str, Any], profile: dict[str, str] | None = None, **others: Any) -> Loading:
    """Return what the loader of the model `mine` is given, beside other models."""
    models = {name: ModelConfig.model_validate(e) for name, e in {"mine": entry, **others}.items()}
    held = ModelSet(ModelFile(models=models, profiles={"only": profile or {}}), "only")
    return Loading("mine", models["mine"], held)


def blended(parts: dict[str, float], **others: Any) -> blend.Blend:
    entry = {"task": "strategy", "backend": "blend", "options": {"parts": parts}}
    return blend.load(among(entry, **others))


def test_closer_examples_have_more_votes() -> None:
    cast = votes([example(strategy="Approval", similarity=0.8), example(similarity=0.4)])
    assert cast["Approval"] == pytest.approx(0.8)


def test_examples_that_are_nothing_alike_have_no_votes() -> None:
    assert votes([example(similarity=-0.2)]) == {}


def test_the_examples_vote_over_strategies_or_over_stances() -> None:
    turn = Situation(said="So.", examples=(example(strategy="Approval", system_emotion="joy"),))
    strategy = example_votes.load_strategy(loading("knn-strategy", task="strategy"))
    stance = example_votes.load_stance(loading("knn-stance", task="system_emotion"))
    assert strategy.predict([turn]) == [{"Approval": 1.0}]
    assert stance.predict([turn]) == [{"joy": 1.0}]


def test_the_rule_meets_the_feeling() -> None:
    rule = rule_stance.load(loading("rule-stance", task="system_emotion"))
    [found] = rule.predict([Situation(said="So.", emotions={"joy": 0.7, "fear": 0.3})])
    assert found == pytest.approx({"joy": 0.7, "neutral": 0.3, "sadness": 0.0})


class Saying:
    def __init__(self, **scores: float) -> None:
        self.scores = scores

    def predict(self, items: Any, /) -> list[dict[str, float]]:
        return [self.scores for _ in items]


def test_a_blend_is_the_weighted_mean_of_its_parts() -> None:
    mixed = blend.Blend({"a": (Saying(x=1.0), 3.0), "b": (Saying(x=0.5, y=0.5), 1.0)})
    assert mixed.predict([Situation(said="So.")]) == [pytest.approx({"x": 0.875, "y": 0.125})]


def test_a_part_without_an_opinion_leaves_it_to_the_others() -> None:
    mixed = blend.Blend({"a": (Saying(), 3.0), "b": (Saying(y=1.0), 1.0)})
    assert mixed.predict([Situation(said="So.")]) == [{"y": 1.0}]


def test_a_blend_takes_its_parts_by_name() -> None:
    turn = Situation(said="So.", examples=(example(strategy="Approval"),))
    assert blended({"votes": 1.0}, votes=KNN).predict([turn]) == [{"Approval": 1.0}]


def test_a_blend_of_unlike_tasks_is_refused() -> None:
    with pytest.raises(ConfigError, match="'mine' is for 'strategy' and its part 'rule' for 'sys"):
        blended({"rule": 1.0}, rule={"task": "system_emotion", "backend": "rule-stance"})


def test_a_blend_of_itself_is_refused() -> None:
    with pytest.raises(ConfigError, match="has the blend 'mine' in it"):
        blended({"mine": 1.0})


def test_an_unknown_part_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'votes'"):
        blended({"vote": 1.0}, votes=KNN)


class Writing:
    """A language model that always writes the same."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[ChatRequest] = []

    def stream(self, request: ChatRequest, /) -> Iterator[str]:
        self.asked.append(request)
        yield from self.text.partition(" ")


TURN = Situation(
    said="I did it.",
    before=({"speaker": "person", "text": "Hm."}, {"speaker": "supporter", "text": "Go on?"}),
    tried=("Open question",),
    barred=frozenset({*MASKED, "Advisement"}),
)


def choosing(text: str) -> tuple[ChatStrategy, Writing]:
    chat = Writing(text)
    return ChatStrategy("mine", chat, chat_strategy.Options()), chat


def test_the_label_that_the_language_model_names_is_trusted_most() -> None:
    [found] = choosing("**Approval**.")[0].predict([TURN])
    assert found["Approval"] == 0.6 and sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize("text", ["I am so glad for you!", "Approval or Restatement", "Advisement"])
def test_an_answer_that_names_no_one_allowed_label_is_counted_and_has_no_opinion(text: str) -> None:
    planner, _ = choosing(text)
    assert planner.predict([TURN]) == [{}] and planner.unparsable == 1


def test_the_language_model_is_held_to_the_allowed_labels() -> None:
    planner, chat = choosing("Approval")
    planner.predict([TURN])
    assert set(chat.asked[0].choices) == {s.value for s in Strategy} - TURN.barred


def test_what_never_changes_stands_first_in_the_question() -> None:
    planner, chat = choosing("Approval")
    planner.predict([TURN, Situation(said="Other.", barred=TURN.barred)])
    first, second = chat.asked
    assert first.messages[0] == second.messages[0]
    assert first.messages[1].content.startswith("Person: Hm.\nSupporter: Go on?\nPerson: I did it.")


def test_case_and_ornament_of_an_answer_do_not_matter() -> None:
    assert named("1. communication skills\n", ["Approval", "Communication Skills"])


def test_the_language_model_that_answers_is_asked_unless_another_is_named() -> None:
    chat = {"task": "respond", "backend": "stub-chat", "options": {"reply": "Approval"}}
    entry = {"task": "strategy", "backend": "chat-strategy"}
    planner = chat_strategy.load(among(entry, {"respond": "talker"}, talker=chat))
    [found] = planner.predict([TURN])
    assert found["Approval"] == 0.6


def test_a_planner_without_a_language_model_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="bind one to `respond`"):
        chat_strategy.load(among({"task": "strategy", "backend": "chat-strategy"}))


def test_a_planner_asks_no_model_of_another_task() -> None:
    entry = {"task": "strategy", "backend": "chat-strategy", "options": {"chat": "votes"}}
    with pytest.raises(ConfigError, match="'votes', which is no language model"):
        chat_strategy.load(among(entry, votes=KNN))


def test_a_grammar_holds_each_choice_in_quotes() -> None:
    grammar = choice_grammar(["Open question", 'a "b"'])
    assert grammar == 'root ::= "Open question" | ' + json.dumps('a "b"')


@pytest.mark.models
def test_the_engine_writes_one_of_the_choices() -> None:
    from tools.models import load_models

    models = load_models("small")
    try:
        planner = ChatStrategy(
            "mine", models.backend("smollm2-135m"), chat_strategy.Options(trust=1.0)
        )
        found = planner.predict([TURN, Situation(said="So.", barred=TURN.barred)])
    finally:
        models.close()
    assert planner.unparsable == 0 and all(max(one.values()) == 1.0 for one in found)
