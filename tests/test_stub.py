import time

import numpy as np
import pytest

from tests.made_loading import loading
from tools.backends import stub
from tools.calibration import require_finding
from tools.chat import ChatRequest, Message
from tools.errors import ConfigError, ModelError, UnknownName
from tools.models import load_models
from tools.sentences import split
from tools.transcript import Speech

LABELS = {"anger": "anger", "joy": "joy", "neutral": "neutral"}
CLIP = np.zeros(16_000, np.float32)


def emotion(**options):
    return stub.load_emotion(loading("stub-emotion", labels=LABELS, options=options))


def embed(text, **options):
    return stub.load_embedder(loading("stub-embed", options=options)).predict([text])[0]


def listen(speech, **options):
    return stub.load_listener(loading("stub-listen", options=options)).predict([speech])[0]


def reply(text="I lost my keys.", prefix="", temperature=0.0, max_tokens=120, **options):
    request = ChatRequest((Message("user", text),), prefix, max_tokens, temperature)
    return "".join(stub.load_chat(loading("stub-chat", options=options)).stream(request))


def test_scores_are_reported_as_probabilities_for_every_item():
    found = emotion(scores={"anger": 3, "joy": 1}).predict(["a", CLIP, []])
    assert [f.scores for f in found] == [{"anger": 0.75, "joy": 0.25, "neutral": 0}] * 3


def test_without_scores_the_stub_prefers_no_label():
    assert set(emotion().predict(["a"])[0].scores.values()) == {1 / 3}


def test_a_cue_in_the_text_outweighs_the_scores():
    model = emotion(scores={"neutral": 1}, cues={"glad": "joy"})
    found = model.predict(["I am Glad!", "gladly"])
    assert max(found[0].scores, key=found[0].scores.get) == "joy"
    assert sum(found[0].scores.values()) == pytest.approx(1)
    assert found[1].scores == {"anger": 0, "joy": 0, "neutral": 1}


STUBS = load_models("stub")
CUES = [
    (name, cue)
    for name, config in STUBS.configs.items()
    if config.backend == "stub-emotion"
    for cue in config.options.get("cues", {})
]


@pytest.mark.parametrize(("name", "cue"), CUES)
def test_every_cue_of_the_stub_profile_is_a_finding_over_all_labels(name, cue):
    config = STUBS.configs[name]
    model = stub.load_emotion(loading("stub-emotion", labels=config.labels, options=config.options))
    found = model.predict([f"I am {cue}."])[0]
    require_finding(found, config.labels)
    assert sum(found.scores.values()) == pytest.approx(1)
    assert max(found.scores, key=found.scores.get) == config.options["cues"][cue]


def test_the_stub_can_find_nothing():
    found = emotion(missing="no face").predict([[]])[0]
    assert (found.missing, found.scores) == ("no face", {})


def test_a_label_without_a_target_is_refused():
    with pytest.raises(ConfigError, match="the labels fear"):
        emotion(scores={"fear": 1})


def test_scores_that_are_all_zero_are_refused():
    with pytest.raises(ConfigError, match="above 0"):
        emotion(scores={"joy": 0})


def test_a_misspelt_option_is_refused_with_the_nearest_one():
    with pytest.raises(UnknownName, match="did you mean 'delay'"):
        emotion(delays=1)


def test_an_option_out_of_range_is_refused_by_name():
    with pytest.raises(ConfigError, match="'made' are wrong: delay"):
        emotion(delay=-1)


def test_a_failing_stub_says_what_it_was_told():
    with pytest.raises(ModelError, match="out of order"):
        emotion(fail="out of order").predict(["a"])


def test_a_slow_stub_waits():
    started = time.perf_counter()
    emotion(delay=0.05).predict(["a"])
    assert time.perf_counter() - started >= 0.05


def test_equal_texts_have_equal_vectors_of_length_one():
    first, second = embed("A long day."), embed("a long day")
    assert first.shape == (384,)
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(first, second)


def test_shared_words_raise_the_cosine():
    start = embed("the dog ran home")
    assert start @ embed("the dog ran away") > start @ embed("my car is blue") + 0.3


def test_a_text_without_words_has_a_vector_too():
    assert np.isfinite(embed("?!", dimensions=8)).all()


def test_every_clip_is_heard_to_say_the_given_text():
    found = listen(Speech(CLIP, "en-GB"), text="Good morning.")
    assert (found.text, found.language, found.seconds) == ("Good morning.", "en", 1.0)


def test_another_language_is_marked_missing():
    assert listen(Speech(CLIP, "de")).missing == "language"


def test_an_empty_clip_holds_no_speech():
    assert listen(Speech(CLIP[:0], "en")).missing == "no speech"


def test_the_reply_has_three_sentences_and_depends_on_the_message_alone():
    assert len(split(reply())) == 3
    assert reply() == reply()
    assert len({reply(f"message {n}") for n in range(20)}) > 3


def test_a_revision_begins_otherwise():
    assert split(reply(temperature=0.7))[0] != split(reply())[0]


def test_the_reply_goes_on_behind_its_prefix():
    first, *others = split(reply())
    assert split(reply(prefix=f"{first} ")) == others


def test_the_reply_can_be_given_and_is_cut_at_its_bound():
    assert reply(reply="One two three.", max_tokens=2).split() == ["One", "two"]


def test_the_language_model_can_fail_in_mid_reply():
    model = stub.load_chat(loading("stub-chat", options={"fail_after": 2}))
    stream = model.stream(ChatRequest((Message("user", "Hello."),)))
    assert next(stream)
    assert next(stream)
    with pytest.raises(ModelError, match="after 2 words"):
        next(stream)
