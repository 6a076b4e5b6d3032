import math
import sys

import pytest

from tools.errors import ConfigError, DataError
from tools.metrics import bleu, meteor
from tools.metrics.diversity import diversity
from tools.metrics.overlap import corpus_bleu, overlap, overlap_by_item, sacrebleu_signature
from tools.metrics.rouge import esconv_rouge_l, unigram_f1
from tools.metrics.treebank import treebank_words

REFERENCES = ["That does sound hard. I hear you.", "What would help you?", "Tell me more about it."]
REPLIES = ["I hear you. That sounds hard, doesn't it?", "What would help you now?", "It was long."]
SYNONYMS = ["noun", "verb", "adj", "adv"]


@pytest.fixture
def wordnet(tmp_path):
    """A WordNet of one noun that two words share, as Debian lays it out: without `lexnames`."""
    for kind in SYNONYMS:
        for file in (f"index.{kind}", f"data.{kind}", f"{kind}.exc"):
            (tmp_path / file).write_text("")
    line = "00000000 05 n 02 hound 0 dog 0 000 | a barking animal  \n"
    (tmp_path / "data.noun").write_text(line)
    index = "".join(f"{word} n 1 0 1 0 00000000  \n" for word in ("hound", "dog"))
    (tmp_path / "index.noun").write_text(index)
    return tmp_path


def test_words_are_cut_as_the_treebank_cuts_them():
    assert treebank_words("Don't go. It's late!") == [
        "do", "n't", "go", ".", "it", "'s", "late", "!",
    ]  # fmt: skip


def test_the_full_stop_of_every_sentence_is_a_word_of_its_own():
    assert treebank_words("I hear. You hear.").count(".") == 2


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_bleu_of_esconv_is_nltks_with_method_three(n):
    from nltk.translate.bleu_score import SmoothingFunction
    from nltk.translate.bleu_score import corpus_bleu as theirs

    ours = [treebank_words(text) for text in REPLIES]
    references = [[treebank_words(text)] for text in REFERENCES]
    weights = [1 / n] * n + [0.0] * (4 - n)
    expected = theirs(references, ours, weights, SmoothingFunction().method3)
    assert corpus_bleu(REPLIES, REFERENCES).score(n) == pytest.approx(100 * expected)


@pytest.mark.parametrize("n", [2, 4])
def test_orders_without_a_match_are_smoothed_as_method_three_does(n):
    from nltk.translate.bleu_score import SmoothingFunction
    from nltk.translate.bleu_score import corpus_bleu as theirs

    ours, reference = ["a", "c", "b", "d", "e"], ["b", "x", "a", "y"]
    weights = [1 / n] * n + [0.0] * (4 - n)
    expected = theirs([[reference]], [ours], weights, SmoothingFunction().method3)
    assert bleu.esconv_bleu([ours], [reference]).score(n) == pytest.approx(100 * expected)


def test_the_bleu_of_chosen_replies_is_that_of_a_corpus_of_them():
    rows = [2, 0, 0]
    chosen = corpus_bleu([REPLIES[i] for i in rows], [REFERENCES[i] for i in rows])
    assert corpus_bleu(REPLIES, REFERENCES).score(2, rows) == pytest.approx(chosen.score(2))


def test_the_bleu_two_of_multimood_is_bleu_one_where_a_pair_is_shared():
    ours, reference = ["i", "hear", "you", "well"], ["i", "hear", "him", "well"]
    expected = 100 * math.exp(0.99 * math.log(3 / 4) + 0.01 * math.log(1 / 3))
    assert bleu.multimood_bleu_2([ours], [reference]) == [pytest.approx(expected)]


def test_the_bleu_two_of_multimood_falls_to_nothing_without_a_shared_pair():
    found = bleu.multimood_bleu_2([["hear", "i", "you"]], [["i", "hear", "you"]])
    assert found[0] < 0.1


def test_rouge_l_by_the_library_stems_and_weighs_both_sides_alike():
    found = overlap(["he helps friends now"], ["he helped friends"])["ROUGE-L (rouge-score)"]
    assert found == pytest.approx(100 * 2 * 3 / (4 + 3))


def test_the_rouge_l_of_esconv_weighs_recall_more():
    short, long = ["a", "b"], ["a", "b", "c", "d"]
    f = (1 + 1.44) * 1.0 * 0.5 / (0.5 + 1.44 * 1.0)
    assert esconv_rouge_l(short, long) == pytest.approx(100 * f)
    assert esconv_rouge_l(long, short) > esconv_rouge_l(short, long)


def test_the_common_subsequence_may_have_gaps_but_keeps_the_order():
    assert esconv_rouge_l(["a", "x", "b"], ["a", "b", "y"]) == pytest.approx(100 * 2 / 3)
    assert esconv_rouge_l(["b", "a"], ["a", "b"]) == pytest.approx(50)


def test_unigram_f1_counts_a_repeated_word_as_often_as_both_have_it():
    assert unigram_f1(["a", "a", "b"], ["a", "c"]) == pytest.approx(100 * 2 * 1 / 5)


def test_meteor_matches_stems_without_wordnet():
    same, stem, none = meteor.meteor([["talks"], ["talks"], ["runs"]], [["talks"], ["talk"], ["x"]])
    assert same == stem > none == 0


def test_meteor_matches_synonyms_with_wordnet(wordnet):
    pair = [["a", "hound"]], [["a", "dog"]]
    assert meteor.meteor(*pair, wordnet)[0] > meteor.meteor(*pair)[0]


def test_the_name_of_meteor_tells_whether_synonyms_were_there(wordnet):
    assert meteor.BARE_NAME in overlap(REPLIES, REFERENCES)
    assert meteor.BARE_NAME not in overlap(REPLIES, REFERENCES, wordnet=wordnet)
    assert meteor.NAME in overlap(REPLIES, REFERENCES, wordnet=wordnet)


def test_a_folder_without_wordnet_is_named(tmp_path):
    with pytest.raises(DataError, match="lacks 'index.noun'"):
        meteor.meteor([["a"]], [["a"]], tmp_path)


def test_every_measure_gives_all_of_it_to_the_reference_itself():
    scores = overlap(REFERENCES, REFERENCES)
    assert all(value == pytest.approx(100, abs=3) for value in scores.values())
    assert set(scores) == {
        "BLEU-1 (ESConv)", "BLEU-2 (ESConv)", "BLEU-3 (ESConv)", "BLEU-4 (ESConv)",
        "BLEU (sacrebleu)", "BLEU-2 (MultiMood)", "ROUGE-L (rouge-score)", "ROUGE-L (ESConv)",
        "METEOR (no synonyms)", "Unigram F1",
    }  # fmt: skip


def test_an_empty_reply_counts_as_nothing_and_is_not_dropped():
    items = overlap_by_item(["", *REPLIES], ["Well done.", *REFERENCES])
    assert all(len(values) == 4 and values[0] == 0 for values in items.values())
    fewer = overlap(REPLIES, REFERENCES)
    for name, value in overlap(["", *REPLIES], ["Well done.", *REFERENCES]).items():
        assert value < fewer[name], name


def test_replies_that_are_all_empty_score_nothing():
    assert set(overlap(["", ""], ["Well done.", "So it is."]).values()) == {0.0}


def test_the_signature_of_sacrebleu_tells_tokenizer_and_version():
    assert "tok:13a" in sacrebleu_signature() and "version:" in sacrebleu_signature()


def test_what_cannot_be_scored_is_said():
    with pytest.raises(DataError, match="no reply"):
        overlap([], [])
    with pytest.raises(ValueError, match="1 replies and 2 references"):
        overlap(["a"], ["a", "b"])


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "rouge_score.rouge_scorer", None)
    with pytest.raises(ConfigError, match=r"'rouge-score'.*pip install .*\[research\]"):
        overlap(REPLIES, REFERENCES)


def test_adjusted_diversity_keeps_capitals_and_stops_at_sentences_as_pal_does():
    said = diversity(["Well well. Well well."])
    assert said["Distinct-1"] == pytest.approx(100 * 2 / 6)
    assert said["Distinct-1 (ESConv)"] == pytest.approx(100 * 2 / 5)
    assert said["EAD-1 (PAL)"] == pytest.approx(100 * 3 / 6, rel=1e-3)
    assert said["EAD-2 (PAL)"] == pytest.approx(100 * 2 / 4, rel=1e-3)
