import sys
from pathlib import Path

import pytest

from tests.made_services import stub_models
from tools.errors import ConfigError, UnknownName
from tools.models import ModelSet, load_models, read_models

HEAD = "models:\n  mine: {task: voice_emotion, backend: stub-emotion"


def own(tmp_path: Path, entry: str, binding: str = "voice_emotion: mine") -> ModelSet:
    file = tmp_path / "mine.yaml"
    file.write_text(f"models:\n  mine: {entry}\nprofiles:\n  mine: {{{binding}}}\n", "utf-8")
    return load_models("mine", file)


def test_a_text_encoder_serves_no_other_node() -> None:
    models = stub_models({"respond": "embed"})
    with pytest.raises(ConfigError, match="'embed' is for 'embed' and cannot be bound to 'resp"):
        models.bound("respond")


def test_a_text_encoder_can_be_bound_to_its_own_task() -> None:
    bound = stub_models().bound("embed")
    assert bound is not None and bound.name == "embed"


def test_every_model_of_a_list_must_fit(tmp_path: Path) -> None:
    models = own(tmp_path, "{task: listen, backend: stub-listen}", "listen: [mine, stub-chat]")
    with pytest.raises(ConfigError, match="'stub-chat' is for 'respond'"):
        models.bound("listen")


def test_a_label_that_stands_for_no_emotion_is_named_with_its_model(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"{HEAD}, labels: {{calm: neutrl}}}}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"models\.mine\.labels.*'calm'.*did you mean 'neutral'"):
        read_models(file)


def test_labels_stay_plain_strings(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"{HEAD}, labels: {{low: depression}}}}\n", "utf-8")
    assert [type(e) for e in read_models(file).models["mine"].labels.values()] == [str]


def test_an_unknown_backend_is_refused_when_it_is_bound(tmp_path: Path) -> None:
    models = own(tmp_path, "{task: voice_emotion, backend: stub-emotio}")
    with pytest.raises(UnknownName, match="unknown backend 'stub-emotio'; did you mean 'stub-emot"):
        models.bound("voice_emotion")


def test_code_is_refused_in_the_main_models_file(tmp_path: Path) -> None:
    file = tmp_path / "models.yaml"
    file.write_text(
        "models:\n  mine: {task: listen, backend: 'json:dumps'}\nprofiles:\n  m: {listen: mine}\n"
    )
    with pytest.raises(ConfigError, match="names code"):
        load_models("m", path=file).bound("listen")


def test_binding_a_model_does_not_import_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "made_backend.py").write_text("raise RuntimeError('imported')\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    models = own(tmp_path, "{task: voice_emotion, backend: 'made_backend:load'}")
    assert models.bound("voice_emotion") is not None
    assert "made_backend" not in sys.modules


def test_a_models_file_that_is_no_text_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(b"\xff\xfe\x00models")
    with pytest.raises(ConfigError, match="models file 'mine.yaml' cannot be read"):
        read_models(file)
