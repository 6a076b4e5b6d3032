"""What stands in a run's folder, as types, and a reader that holds files to them."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypeVar

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic needs this one before 3.12

from tools.errors import DataError
from tools.records import EarlierTurn, Scores

FORMAT = 1
"""Of the folder; another one is not read."""


class Manifest(TypedDict):
    """What decides the predictions, and where they were made; see `graphs.evaluation.manifest`.

    Attributes:
        format: of the folder.
        graph: its name.
        graph_sha256: of the graph as it is measured.
        steps: those that it takes, in its order.
        corpus: its name in the library.
        licence: of its text.
        split: of the corpus.
        of: how many items the split has.
        items: how many of them are run.
        dialogues: how many they stand in.
        data_sha256: of the items.
        unit: what counts as one item.
        mode: `predicted`, `gold`, or `oracle:STEP`.
        history: whose labels of the earlier turns are told.
        profile: which bound the models.
        models: the record of each model by node (`graphs.provenance.model_record`).
        prompts: SHA-256 by node.
        examples_sha256: of the examples.
        swap: node -> model that took the place of the profile's.
        drop: what was left out.
        limit: how many items were asked for; 0 for all.
        seed: decided the draw, and all chance in the models.
        perplexity: whether the responder's model scored the references.
        part: whether the corpus's folder held a part of it, on purpose.
        at_once: how many dialogues ran at the same time.
        versions: of the packages that predict.
        code_sha256: of the code.
        machine: where it ran.
        began: when, in UTC.
        command: which makes the very run.
    """

    format: int
    graph: str
    graph_sha256: str
    steps: list[str]
    corpus: str
    licence: str
    split: str
    of: int
    items: int
    dialogues: int
    data_sha256: str
    unit: str
    mode: str
    history: str
    profile: str
    models: dict[str, dict[str, Any]]
    prompts: dict[str, str]
    examples_sha256: str
    swap: dict[str, str]
    drop: list[str]
    limit: int
    seed: int
    perplexity: bool
    part: bool
    at_once: int
    versions: dict[str, str]
    code_sha256: str
    machine: str
    began: str
    command: str


class ItemRecord(TypedDict):
    """One item as a run keeps it; see `graphs.evaluation.items.Item`."""

    id: str
    dialogue: str
    said: str
    before: list[EarlierTurn]
    reference: str
    gold: dict[str, str]
    groups: dict[str, str]
    clips: int
    missing: int


class Prediction(TypedDict):
    """What a graph made of one item.

    Attributes:
        id: the item's.
        predicted: the label or the text by step, in Attune's own labels; empty where there is none.
        scores: the distribution by step, for the steps that have one.
        given: steps that held the gold label, or text, for the steps behind them.
        unparsable: steps whose model failed or said nothing that could be read; they count as
            wrong, whatever the rest of the graph went on with.
        ms: milliseconds by node; where many items run at once, the waiting is in it.
        notes: what the nodes noted, as `node: text`.
        plan: the strategy that the reply was to follow, given or predicted; empty without one.
        risk: how the screen graded the message; here it changes no route.
        readings: why a modality was missing, empty where it was read, by modality.
        log_probabilities: of the tokens of the reference, by the responder's model; absent where
            they were not asked for.
        stood_in: a sentence of the reply is not the model's, but one that stood by for it; absent
            where all are the model's.
        unreadable: how many of the item's clips could not be read; absent where all could.
        failed: why there is no prediction at all; absent where there is one.
    """

    id: str
    predicted: dict[str, str]
    scores: dict[str, Scores]
    given: list[str]
    unparsable: list[str]
    ms: dict[str, float]
    notes: list[str]
    plan: str
    risk: str
    readings: dict[str, str]
    log_probabilities: NotRequired[list[float]]
    stood_in: NotRequired[Literal[True]]
    unreadable: NotRequired[int]
    failed: NotRequired[str]


_Kind = TypeVar("_Kind")


def checked(kind: TypeAdapter[_Kind], value: Any, where: str, then: str) -> _Kind:
    """Return what a file held, as it is, if it has the shape of its kind.

    Args:
        kind: of what.
        value: as `json` gives it.
        where: the place, for the message.
        then: what to do about one that has not.

    Raises:
        DataError: something lacks, or is of another type; it is named, and never what it says.
    """
    try:
        kind.validate_python(value, strict=True)
    except ValidationError as error:
        raise DataError(f"{where} {_what(error)}; {then}") from error
    found: _Kind = value
    return found


def _what(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    if not place:
        return "holds no object"
    lacks = first["type"] == "missing"
    return f"lacks {place!r}" if lacks else f"has a wrong {place!r} ({first['msg']})"


def same_format(manifest: Mapping[str, Any], run: str) -> None:
    """Refuse a folder of another format, before anything in it is missed.

    Raises:
        DataError: it has another, or names none.
    """
    found = manifest.get("format")
    if found != FORMAT:
        told = "names no format" if found is None else f"has the format {found!r}"
        raise DataError(
            f"the run {run!r} {told}, and this version reads {FORMAT}; read it with the version "
            "that made it, or make it again with another --out"
        )


MANIFESTS = TypeAdapter(Manifest)
ITEM_RECORDS = TypeAdapter(ItemRecord)
PREDICTION_RECORDS = TypeAdapter(Prediction)
