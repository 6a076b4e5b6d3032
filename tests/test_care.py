import json

import pytest
from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.care import arms, command
from benchmarks.care.arms import open_arm
from benchmarks.care.runs import Run
from benchmarks.care.talking import hold_all, time_turns
from tests.made_care import talk
from tests.made_services import example, stub_services
from tools.chat import ChatRequest
from tools.errors import ConfigError, DataError, UnknownName


@pytest.fixture
def stub(monkeypatch):
    """Every arm runs on stub models; the fixture is the list of requests the last one was sent."""
    sent: list[ChatRequest] = []

    def assemble(profile, *, models=None):
        services = stub_services(example(), chat={"reply": "You tell it slowly. It is heavy."})
        backend = services.models.host("chat").backend()
        stream = backend.stream
        monkeypatch.setattr(backend, "stream", lambda r: (sent.append(r), stream(r))[1])
        return services

    monkeypatch.setattr(arms, "assemble", assemble)
    return sent


def begun(tmp_path) -> Run:
    run = Run(tmp_path / "run")
    run.begin("set", "stub")
    return run


async def test_the_model_alone_is_sent_the_prompt_and_the_whole_conversation(stub, tmp_path):
    run, arm = begun(tmp_path), await open_arm("alone", "stub")
    await hold_all(arm, [talk(turns=3)], run)
    roles = [message.role for message in stub[-1].messages]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
    assert "peer supporter" in stub[-1].messages[0].content
    assert run.rows()[2]["reply"] == "You tell it slowly. It is heavy."


async def test_a_reply_of_the_graph_tells_its_plan_and_its_examples(stub, tmp_path):
    run, arm = begun(tmp_path), await open_arm("full", "stub")
    await hold_all(arm, [talk(turns=2)], run)
    row = run.rows()[1]
    assert row["plan"] and row["route"] == "support" and row["reply"]
    assert row["examples"] == ["made-1"]
    assert row["total_s"] >= row["first_s"] > 0


async def test_without_retrieval_the_same_graph_finds_no_example(stub, tmp_path):
    run, arm = begun(tmp_path), await open_arm("no_retrieval", "stub")
    await hold_all(arm, [talk(turns=2)], run)
    assert [row["examples"] for row in run.rows()] == [[], []]
    full = await open_arm("full", "stub")
    assert arm.facts["graph_hash"] == full.facts["graph_hash"]


async def test_conversations_held_at_once_do_not_mix(stub, tmp_path):
    run, arm = begun(tmp_path), await open_arm("full", "stub")
    await hold_all(arm, [talk(str(i)) for i in range(4)], run, concurrent=4)
    rows = run.rows()
    assert len(rows) == 12
    for start in range(0, 12, 3):  # each is written at once, in the order of its turns
        assert len({row["conversation"] for row in rows[start : start + 3]}) == 1
        assert [row["turn"] for row in rows[start : start + 3]] == [1, 2, 3]


async def test_a_turn_that_fails_is_kept_and_the_rest_goes_on(stub, tmp_path, monkeypatch):
    run, arm = begun(tmp_path), await open_arm("alone", "stub")
    backend = arm.services.models.backend("chat")
    stream, calls = backend.stream, []

    def breaks(request):
        calls.append(request)
        if len(calls) == 2:
            raise RuntimeError("made to fail")
        return stream(request)

    monkeypatch.setattr(backend, "stream", breaks)
    await hold_all(arm, [talk(turns=3)], run)
    assert [row["route"] for row in run.rows()] == ["support", "failed", "support"]
    assert "failed" in run.rows()[1]["notes"][0]


async def test_a_killed_run_goes_on_with_what_is_not_whole(stub, tmp_path):
    run, talks = begun(tmp_path), [talk("one"), talk("two")]
    arm = await open_arm("alone", "stub")
    await hold_all(arm, talks, run)
    file = run.folder / "transcripts.jsonl"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:4], lines[4][:30]]))
    whole = frozenset(run.keep_whole(talks))
    assert whole == {("alone", "one")}
    await hold_all(arm, talks, run, done=whole)
    assert [row["conversation"] for row in run.rows()] == ["one"] * 3 + ["two"] * 3


async def test_timed_turns_are_as_many_as_asked_and_kept_apart(stub, tmp_path):
    run, arm = begun(tmp_path), await open_arm("full", "stub")
    await time_turns(arm, [talk("one"), talk("two")], run, 4)
    assert [row["turn"] for row in run.latency()] == [1, 2, 3, 1]
    assert run.rows() == []


def test_a_run_of_another_set_is_not_gone_on_with(tmp_path):
    run = begun(tmp_path)
    with pytest.raises(ConfigError, match="begun with another set"):
        run.begin("another", "stub")


def test_an_arm_with_another_model_is_not_gone_on_with(tmp_path):
    run = begun(tmp_path)
    run.enter("full", {"model": "chat", "graph": "one"})
    with pytest.raises(ConfigError, match="another graph"):
        run.enter("full", {"model": "chat", "graph": "two"})


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(DataError, match="is no run"):
        Run(tmp_path).manifest()


async def test_an_unknown_arm_is_named(stub):
    with pytest.raises(UnknownName, match="did you mean 'full'"):
        await open_arm("ful", "stub")


def test_the_command_holds_the_set_and_prints_what_it_counted(stub, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "read_talks", lambda: [talk(), talk("opening", turns=1)])
    out = tmp_path / "run"
    wanted = ["care", "--profile", "stub", "--limit", "1", "--latency", "1", "--out", str(out)]
    result = CliRunner().invoke(app, wanted)
    assert result.exit_code == 0, result.output
    assert "own model is that of `alone`" in result.output
    assert "advises" in result.output
    manifest = json.loads((out / "manifest.json").read_text())
    assert set(manifest["arms"]) == {"alone", "no_retrieval", "full"}
    before = (out / "transcripts.jsonl").read_bytes()
    assert CliRunner().invoke(app, wanted).exit_code == 0
    assert (out / "transcripts.jsonl").read_bytes() == before


def test_scores_of_nothing_are_refused(tmp_path):
    result = CliRunner().invoke(command.app, ["score", str(begun(tmp_path).folder)])
    assert isinstance(result.exception, ConfigError)
