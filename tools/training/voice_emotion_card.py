"""The model card of the voice-emotion model, in prose."""

from typing import Any

PROSE_FILE = "card.md"

_TEXT = """# Voice emotion (demonstration grade)

Four classes ({labels}) from the sound of a voice, whatever the words: an ECAPA-TDNN
(Desplanques et al. 2020) of {parameters:,} numbers over {mels} log-mel bands, for SpeechBrain's
`EncoderClassifier`. It hears only what a voice activity detector takes for speech.

**Acted German only.** The actors of EmoDB said the same ten sentences as if they felt something.
Nothing shows that it works on spontaneous speech, on English, or over a web page's microphone, so
it weighs 0 in the plan unless somebody measures it on their own data and writes a `skill` for it
into a models file.

## Data and licence

EmoDB (Burkhardt et al. 2005, "A database of German emotional speech"), CC0 1.0: {n} utterances of
{speakers} speakers. No recording is part of this folder. The weights are Apache-2.0.

## Protocol

{folds} folds; each holds out {group}, so that every speaker is held out once and nobody is heard in
training and test. One recipe for all folds, no early stopping; the temperature is fitted on the
out-of-fold predictions. One run with one seed. The recipe itself, above all how the spectrogram is
normalised, was chosen by hand among about a dozen on this corpus, on another parting of the same
speakers, so that the scores flatter it a little. The model in this folder was then trained on all
speakers with the same recipe; it has no test score of its own.

| all held-out utterances | |
|---|---|
| unweighted average recall | {uar:.3f} |
| accuracy | {accuracy:.3f} |
| macro-F1 | {macro_f1:.3f} |
| accuracy of always saying the commonest class | {floor_accuracy:.3f} |
| calibration error, 15 bins: before, after the temperature {temperature:.2f} | \
{ece_uncalibrated:.3f}, {ece:.3f} |

Mean and standard deviation over the folds: unweighted average recall {uar_mean:.3f} ± {uar_sd:.3f},
accuracy {accuracy_mean:.3f} ± {accuracy_sd:.3f}.

| class | recall | precision | n |
|---|---|---|---|
{classes}

| held out | unweighted average recall | accuracy | n |
|---|---|---|---|
{rows}

The temperature is not in the weights: it stands in `models.yaml` and is applied by
`tools.calibration`.

## Not for

Diagnosis, or any judgement about a person's health; noticing a crisis; judging people at work, in
school, for insurance, credit or police. A raised voice is not anger: the model hears arousal well
and tells pleasant from unpleasant arousal badly (angry and happy are what it confuses most).

## Made with

```
python -m tools train voice-emotion --data EMODB --seed {seed} --folds {folds}
```
"""


def prose(card: dict[str, Any]) -> str:
    """Return the model card in Markdown."""
    scores, recipe = card["scores"], card["recipe"]
    over, folds = scores["over_folds"], scores["folds"]
    largest = max(len(fold["speakers"]) for fold in folds)
    return _TEXT.format(
        **{k: scores[k] for k in ("n", "uar", "accuracy", "macro_f1", "floor_accuracy")},
        **{k: scores[k] for k in ("ece", "ece_uncalibrated")},
        labels=", ".join(card["labels"]),
        parameters=card["parameters"],
        mels=card["architecture"]["mels"],
        speakers=sum(len(fold["speakers"]) for fold in folds),
        group="one speaker" if largest == 1 else f"up to {largest} speakers",
        temperature=card["temperature"],
        uar_mean=over["uar"]["mean"],
        uar_sd=over["uar"]["sd"],
        accuracy_mean=over["accuracy"]["mean"],
        accuracy_sd=over["accuracy"]["sd"],
        classes="\n".join(
            f"| {label} | {row['recall']:.2f} | {row['precision']:.2f} | {row['n']} |"
            for label, row in scores["classes"].items()
        ),
        rows="\n".join(
            f"| {', '.join(fold['speakers'])} | {fold['uar']:.2f} | {fold['accuracy']:.2f} "
            f"| {fold['n']} |"
            for fold in folds
        ),
        seed=recipe["seed"],
        folds=recipe["folds"],
    )
