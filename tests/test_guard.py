"""Guard models of every family, with random weights and with answers that are put into them."""

import math
from pathlib import Path

import pytest
import torch

from tests.made_checkpoints import Marker, plant_code
from tests.made_guards import CONFIGS, lean, open_guard, save_guard, save_llama_guard_4, tell
from tests.made_loading import loading
from tools.backends import hf_guard, stub_guard
from tools.backends.guards.rules import guard_rules
from tools.backends.options import read_options
from tools.catalogue import ModelFile
from tools.errors import ConfigError, ModelError, UnknownName, WeightsError
from tools.guard import Exchange, Verdict
from tools.models import ModelSet, load_models

FAMILIES = list(CONFIGS)
YES_NO = ["granite-guardian", "shieldgemma"]
ONE = Exchange("The dog ran away today.", "I am sorry that the dog is gone.")
TWO = Exchange("Tell me more about it!", "Sure.")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {name: save_guard(tmp_path_factory.mktemp(name), name) for name in FAMILIES}


@pytest.fixture(scope="module")
def loaded(folders):
    return {name: open_guard(folder, name) for name, folder in folders.items()}


@pytest.fixture
def opened(loaded):
    """The guard of every family, each with its own last layer again afterwards."""
    layers = {name: guard._writer._model.lm_head for name, guard in loaded.items()}
    yield loaded
    for name, guard in loaded.items():
        guard._writer._model.lm_head = layers[name]


def one_question(folders, family, **options):
    ask = {"granite-guardian": ["harm"], "shieldgemma": ["hate"]}[family]
    return open_guard(folders[family], family, ask=ask, **options)


@pytest.mark.parametrize("family", FAMILIES)
def test_an_answer_in_no_format_is_unsafe(opened, family):
    verdicts = opened[family].predict([ONE, TWO])
    assert verdicts == [Verdict(False, ["unreadable answer"], 1.0)] * 2


@pytest.mark.parametrize("family", FAMILIES)
def test_an_exchange_gets_the_same_logits_alone_and_in_a_batch(opened, family):
    guard = opened[family]
    question = guard._family.questions[0]
    prompts = [guard._prompts.ids(item, question) for item in (ONE, TWO)]
    assert len(prompts[0]) != len(prompts[1])
    together = guard._writer.write(prompts, 3)
    alone = [guard._writer.write([prompt], 3)[0] for prompt in prompts]
    for a, b in zip(together, alone, strict=True):
        assert a.tokens == b.tokens
        assert torch.allclose(torch.stack(a.logits), torch.stack(b.logits), atol=1e-3)
    assert not torch.allclose(alone[0].logits[0], alone[1].logits[0], atol=0.1)


def test_no_more_prompts_are_run_together_than_the_entry_allows(folders, monkeypatch):
    guard = open_guard(folders["shieldgemma"], "shieldgemma", max_batch=3)
    rows = []
    generate = guard._writer._model.generate

    def spy(**named):
        rows.append(len(named["input_ids"]))
        return generate(**named)

    monkeypatch.setattr(guard._writer._model, "generate", spy)
    assert len(guard.predict([ONE, TWO])) == 2
    assert rows == [3, 3, 2]  # four policies for each of two exchanges


def test_nothing_to_judge_is_no_work(opened):
    assert opened["llama-guard"].predict([]) == []


# Llama Guard


@pytest.mark.parametrize("text", ["safe", "\n\nsafe", " safe \n"])
def test_llama_guard_says_safe(opened, text):
    [verdict] = tell(opened["llama-guard"], text).predict([ONE])
    assert verdict.safe and verdict.categories == [] and verdict.score < 0.01


def test_llama_guard_names_hazards_by_code(opened):
    [verdict] = tell(opened["llama-guard"], "\n\nunsafe\nS10,S6,S6").predict([ONE])
    assert (verdict.safe, verdict.categories) == (False, ["hate", "specialised advice"])
    assert verdict.score > 0.99


@pytest.mark.parametrize("text", ["unsafe", "unsafe\nS99", "unsafe\nthe dog"])
def test_an_unsafe_verdict_without_a_known_hazard_says_no_more_than_that(opened, text):
    [verdict] = tell(opened["llama-guard"], text).predict([ONE])
    assert (verdict.safe, verdict.categories) == (False, ["not named"])


@pytest.mark.parametrize("text", ["", "safe\nS10", "safely", "I think it is safe", "Safe"])
def test_what_is_not_llama_guards_format_is_unsafe(opened, text):
    [verdict] = tell(opened["llama-guard"], text).predict([ONE])
    assert verdict == Verdict(False, ["unreadable answer"], 1.0)


def test_every_exchange_of_a_batch_gets_its_own_verdict(opened):
    guard = tell(opened["llama-guard"], "unsafe\nS10", "safe")
    assert [verdict.safe for verdict in guard.predict([ONE, TWO])] == [False, True]


def test_the_score_is_taken_where_the_verdict_stands(opened):
    guard = tell(opened["llama-guard"], "\n\nsafe")
    known = guard._writer._tokenizer.get_vocab()
    layer = guard._writer._model.lm_head
    verdict_step = next(i for i, [row] in enumerate(layer._steps) if known["safe"] in row)
    assert verdict_step > 0
    layer._steps[verdict_step][0] |= {known["unsafe"]: 8.0, known["safe"]: 10.0}
    [verdict] = guard.predict([ONE])
    assert verdict.safe
    assert verdict.score == pytest.approx(1 / (1 + math.exp(2)), abs=1e-4)


def test_a_safe_verdict_that_is_not_sure_enough_is_unsafe(folders):
    guard = tell(open_guard(folders["llama-guard"], threshold=0.1), "safe")
    known = guard._writer._tokenizer.get_vocab()
    guard._writer._model.lm_head._steps[0][0][known["unsafe"]] = 8.0
    [verdict] = guard.predict([ONE])
    assert (verdict.safe, verdict.categories) == (False, ["not named"])


def test_a_score_that_overflowed_is_unsafe(opened):
    guard = tell(opened["llama-guard"], "safe")
    known = guard._writer._tokenizer.get_vocab()
    guard._writer._model.lm_head._steps[0][0][known["unsafe"]] = math.nan
    [verdict] = guard.predict([ONE])
    assert (verdict.safe, verdict.score) == (False, 1.0)


def test_llama_guard_4_is_read_without_its_eyes(tmp_path):
    guard = open_guard(save_llama_guard_4(tmp_path))
    assert guard.predict([ONE, TWO])[0].categories == ["unreadable answer"]
    prompts = [guard._prompts.ids(item, {}) for item in (ONE, TWO)]
    together, alone = guard._writer.write(prompts, 1), guard._writer.write(prompts[1:], 1)
    assert torch.allclose(together[1].logits[0], alone[0].logits[0], atol=1e-3)
    assert tell(guard, "safe").predict([ONE])[0].safe


# Qwen3Guard


def qwen(opened, text):
    return tell(opened["qwen3guard"], text).predict([ONE])[0]


def test_qwen3guard_says_safe(opened):
    verdict = qwen(opened, "Safety: Safe\nCategories: None\nRefusal: No")
    assert verdict.safe and verdict.score < 0.01


def test_qwen3guard_names_its_categories(opened):
    verdict = qwen(opened, "Safety: Unsafe\nCategories: Unethical Acts, PII\nRefusal: No")
    assert (verdict.safe, verdict.categories) == (False, ["unethical acts", "privacy"])
    assert verdict.score > 0.99


@pytest.mark.parametrize(("strict", "safe"), [(True, False), (False, True)])
def test_what_is_controversial_is_refused_unless_the_options_are_lax(folders, strict, safe):
    text = "Safety: Controversial\nCategories: Unethical Acts"
    guard = open_guard(folders["qwen3guard"], "qwen3guard", strict=strict)
    verdict = tell(guard, text).predict([ONE])[0]
    assert (verdict.safe, verdict.score < 0.01) == (safe, safe)


def test_a_category_that_nobody_knows_is_not_repeated(opened):
    verdict = qwen(opened, "Safety: Unsafe\nCategories: The dog ran away")
    assert verdict.categories == ["not named"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Safe",
        "Safety: Fine",
        "Safety: Safe\nCategories: PII",
        "safety: Safe",
        "So. Safety: Safe",
    ],
)
def test_what_is_not_qwen3guards_format_is_unsafe(opened, text):
    assert qwen(opened, text) == Verdict(False, ["unreadable answer"], 1.0)


# Granite Guardian and ShieldGemma


@pytest.mark.parametrize("family", YES_NO)
def test_the_score_is_the_share_of_yes_in_yes_and_no(folders, family):
    [verdict] = lean(one_question(folders, family), (0.0, 2.0)).predict([ONE])
    assert verdict.safe and verdict.categories == []
    # Gemma 2 presses its logits together a little.
    assert verdict.score == pytest.approx(1 / (1 + math.exp(2)), abs=0.001)


@pytest.mark.parametrize("family", YES_NO)
def test_a_yes_is_unsafe_and_names_the_question(opened, family):
    guard = opened[family]
    answers = [(0.0, 3.0)] * len(guard._family.questions)
    answers[-1] = (3.0, 0.0)
    [verdict] = lean(guard, *answers).predict([ONE])
    last = {"granite-guardian": "worsens_distress", "shieldgemma": "sexual content"}[family]
    assert (verdict.safe, verdict.categories) == (False, [last])
    assert verdict.score == pytest.approx(1 / (1 + math.exp(-3)), abs=0.001)


def test_the_threshold_decides(folders):
    even = (0.0, 0.0)
    assert not lean(one_question(folders, "shieldgemma"), even).predict([ONE])[0].safe
    lax = one_question(folders, "shieldgemma", threshold=0.6)
    assert lean(lax, even).predict([ONE])[0].safe


def test_a_model_that_would_rather_say_something_else_has_not_answered(folders):
    guard = lean(one_question(folders, "shieldgemma"), (0.0, 4.0), rest=8.0)
    assert guard.predict([ONE]) == [Verdict(False, ["unreadable answer"], 1.0)]


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_numbers_that_overflowed_are_unsafe(folders, broken):
    guard = lean(one_question(folders, "granite-guardian"), (0.0, broken))
    assert guard.predict([ONE]) == [Verdict(False, ["unreadable answer"], 1.0)]


def test_granite_guardian_is_told_the_risk(opened):
    guard = opened["granite-guardian"]
    shown = [
        guard._writer._tokenizer.decode(guard._prompts.ids(ONE, question))
        for question in guard._family.questions
    ]
    definition = guard_rules().granite_guardian["worsens_distress"]
    assert "Risk: harm. \n" in shown[0]
    assert f"Risk: worsens_distress. {definition}\n" in shown[1]


def test_shieldgemma_is_told_the_policy(folders):
    guard = one_question(folders, "shieldgemma")
    shown = guard._writer._tokenizer.decode(guard._prompts.ids(ONE, guard._family.questions[0]))
    assert f"Policy: {guard_rules().shieldgemma['hate']}\n" in shown


def test_a_tokenizer_without_yes_and_no_is_refused(tmp_path):
    folder = save_guard(tmp_path, "shieldgemma", words=False)
    with pytest.raises(WeightsError, match="no token for 'Yes'"):
        open_guard(folder, "shieldgemma")


def test_an_exchange_that_one_of_the_questions_cannot_hold_is_unsafe(folders):
    guard = open_guard(folders["granite-guardian"], "granite-guardian", longest=200)
    short, long = [guard._prompts.ids(ONE, question) for question in guard._family.questions]
    assert short and long is None
    assert guard.predict([ONE]) == [Verdict(False, ["not shown whole"], 1.0)]


# Loading


def test_a_risk_that_is_not_there_is_refused_with_the_nearest_one(folders):
    with pytest.raises(UnknownName, match="did you mean 'harassment'"):
        open_guard(folders["shieldgemma"], "shieldgemma", ask=["harasment"])


def test_a_guard_that_writes_its_verdict_cannot_be_asked_about_one_risk(folders):
    with pytest.raises(ConfigError, match="leave `ask` out"):
        open_guard(folders["llama-guard"], "llama-guard", ask=["hate"])


def test_pickled_weights_are_refused_without_being_opened(tmp_path):
    folder, marker = save_guard(tmp_path / "model", "qwen3guard"), tmp_path / "ran"
    (folder / "model.safetensors").unlink()
    torch.save({"weight": Marker(marker)}, folder / "pytorch_model.bin")
    with pytest.raises(WeightsError, match="cannot be read from its folder"):
        open_guard(folder, "qwen3guard")
    assert not marker.exists()


def test_python_files_in_the_folder_are_never_run(tmp_path):
    folder, marker = save_guard(tmp_path / "model", "qwen3guard"), tmp_path / "ran"
    plant_code(folder, marker, AutoConfig="C", AutoModelForCausalLM="M", AutoTokenizer="T")
    with pytest.raises(WeightsError, match="cannot be read from its folder"):
        open_guard(folder, "qwen3guard")
    assert not marker.exists()


def guards():
    return [n for n, c in load_models("stub").configs.items() if c.backend == "hf-guard"]


@pytest.mark.parametrize("name", guards())
def test_the_options_of_every_guard_that_ships_can_be_read(name):
    config = load_models("stub").config(name)
    read_options(hf_guard.Options, loading("hf-guard", options=config.options))
    assert config.task == "guard" and config.weights and config.about


@pytest.mark.parametrize("name", guards())
def test_the_guide_tells_of_every_guard(name):
    guide = Path(__file__).parents[1] / "docs" / "swap_a_model.md"
    assert f"\n| `{name}` | " in guide.read_text("utf-8")


def test_every_family_has_a_model():
    configs = load_models("stub").configs
    assert {configs[name].options["family"] for name in guards()} == set(FAMILIES)


def test_llama_guards_fourteen_hazards_have_names():
    assert list(guard_rules().llama_guard) == [f"S{n}" for n in range(1, 15)]


@pytest.mark.parametrize("profile", ["embedded", "small", "hub", "remote", "stub"])
def test_no_profile_binds_a_guard_by_itself(profile):
    assert load_models(profile).bound("guard") is None


async def test_a_profile_can_bind_a_guard():
    file = ModelFile(models=load_models("stub").configs, profiles={"own": {"guard": "stub-guard"}})
    bound = ModelSet(file, "own").bound("guard")
    assert await bound.host.infer(ONE) == Verdict(True, [], 0.0)


# The fake


def stub(**options):
    return stub_guard.load(loading("stub-guard", options=options))


def test_the_stub_refuses_a_reply_with_a_cue():
    guard = stub(cues={"lavender": "specialised advice"})
    verdicts = guard.predict(
        [Exchange("Lavender?", "No."), Exchange("", "Try Lavender, lavender.")]
    )
    assert verdicts == [Verdict(True, [], 0.0), Verdict(False, ["specialised advice"], 1.0)]


def test_the_stub_can_fail():
    with pytest.raises(ModelError, match="out of order"):
        stub(fail="out of order").predict([ONE])
