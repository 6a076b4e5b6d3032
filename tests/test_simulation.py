"""The loop between a played seeker and a graph: turns, endings, seeds, resuming, the command."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from agents.context import Services
from graphs.provenance import about_the_place, decided_by
from graphs.simulation.command import simulate
from graphs.simulation.dialogue import says_farewell
from graphs.simulation.folder import FINISHED, SimulationFolder
from graphs.simulation.profiles import read_seekers
from graphs.simulation.records import Simulated
from graphs.simulation.run import MOST_FAILURES, Simulation, simulate_all
from tests.made_services import example, stub_services
from tests.made_simulation import dialogue, profile, seeker_model, simulation
from tools.chat import ChatRequest
from tools.errors import ConfigError, DataError, ModelError
from tools.labels import MASKED

MANIFEST: dict[str, Any] = {"graph": "support", "seed": 0, "count": 3}


async def run(made: Any, folder: SimulationFolder, count: int, at_once: int = 1) -> list[Simulated]:
    return await simulate_all(made, folder, count=count, at_once=at_once, tell=lambda done: None)


async def test_the_graph_answers_every_line_of_the_seeker_until_the_farewell() -> None:
    held = await simulation().dialogue(0)
    assert held.ended == "farewell" and 3 <= len(held.turns) <= 5
    assert held.turns[0].seeker == profile().situation
    assert says_farewell(held.turns[-1].seeker, len(held.turns))
    assert all(turn.supporter for turn in held.turns)


async def test_the_turns_are_used_up_by_a_seeker_who_never_leaves() -> None:
    held = await simulation(
        seeker=seeker_model(line="I mend the kite."), turns=3, graph="direct"
    ).dialogue(0)
    assert held.ended == "turns" and len(held.turns) == 3


async def test_a_model_that_fails_breaks_the_dialogue_off_and_what_was_said_stays() -> None:
    held = await simulation(seeker=seeker_model(fail_after=2), graph="direct").dialogue(0)
    assert held.ended == "failed" and held.error == "ModelError" and len(held.turns) == 2


async def test_a_seeker_without_words_ends_the_dialogue() -> None:
    made = simulation(seeker=seeker_model(line='""'), graph="direct")
    assert (await made.dialogue(0)).ended == "silent"


async def test_a_supporter_whose_model_fails_is_seen_by_its_fixed_sentences() -> None:
    services = stub_services(chat={"fail": "made to fail"})
    held = await simulation(services=services).dialogue(0)
    assert held.turns[0].fixed
    written = await simulation(
        services=stub_services(chat={"reply": "A torn kite after all that work."})
    ).dialogue(0)
    assert not written.turns[0].fixed


async def test_danger_takes_the_crisis_route_and_the_chain_says_so() -> None:
    services = stub_services(detector={"cues": {"lighthouse": "violence_at_home"}})
    seeker = seeker_model(line="The lighthouse again.")
    held = await simulation(services=services, seeker=seeker, turns=3).dialogue(0)
    assert held.turns[0].chain["action"]["route"] == "crisis"
    assert held.turns[0].chain["situation"]["risk"] != "none"


async def test_a_turn_records_the_chain_of_its_nodes() -> None:
    services = stub_services(text={"cues": {"torn": "sadness"}})
    chain = (await simulation(services=services).dialogue(0)).turns[0].chain
    assert chain["situation"]["emotion"] == "sadness" and chain["situation"]["confidence"] > 0.2
    assert chain["strategy"]["label"] in chain["strategy"]["scores"] and chain["strategy"]["why"]
    assert chain["action"]["system_emotion"] and chain["action"]["writer"] == "respond"
    assert chain["text"].startswith("Situation: sadness (0.") and "| Strategy: " in chain["text"]


async def test_the_same_seed_gives_the_same_dialogue_and_another_one_another() -> None:
    def told(held: Simulated) -> list[str]:
        return [line for turn in held.turns for line in (turn.seeker, turn.supporter)]

    people = read_seekers()[:6]
    made = [simulation(*people, turns=4, seed=seed, graph="direct") for seed in (3, 3, 4)]
    first, again, other = [[told(await each.dialogue(n)) for n in (0, 1)] for each in made]
    assert first == again and first != other


async def test_the_seeker_sees_its_part_its_lines_and_what_to_tell_next() -> None:
    asked: list[ChatRequest] = []

    class Listening:
        def stream(self, request: ChatRequest, /) -> Iterator[str]:
            asked.append(request)
            yield "kite came back torn."

    await simulation(seeker=seeker_model(Listening()), turns=3, graph="direct").dialogue(0)
    first, second = asked[0].messages, asked[1].messages
    assert first[0].role == "system" and "a maker of kites" in first[0].content
    assert profile().situation in first[-1].content and first[-1].content.endswith("]")
    assert second[-2].role == "assistant" and second[-2].content == "My kite came back torn."
    assert asked[0].prefix == "My" and asked[1].prefix == "On Sunday"
    assert [m.role for m in second[1:]] == ["user", "assistant"] * (len(second) // 2 - 1) + ["user"]
    assert asked[0].temperature == 0


async def test_as_many_dialogues_are_held_at_once_as_were_asked_for(tmp_path: Path) -> None:
    together: list[int] = []
    both = threading.Barrier(2, timeout=5)

    class Waiting:
        def stream(self, request: ChatRequest, /) -> Iterator[str]:
            if len(together) < 2:
                together.append(1)
                both.wait()
            yield "The kite is torn."

    made = simulation(seeker=seeker_model(Waiting()), turns=3, graph="direct")
    folder = SimulationFolder(tmp_path / "out", MANIFEST, resume=False)
    assert [d.ended for d in await run(made, folder, 2, at_once=2)] == ["turns", "turns"]


async def test_a_run_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    folder = SimulationFolder(tmp_path / "out", MANIFEST, resume=False)
    whole = await run(simulation(graph="direct"), folder, 3)
    file = tmp_path / "out" / FINISHED
    first, second, third = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(first + third[:40])
    again = SimulationFolder(tmp_path / "out", MANIFEST, resume=True)
    made = simulation(graph="direct")
    asked: list[int] = []
    hold = made.dialogue

    async def noted(index: int) -> Simulated:
        asked.append(index)
        return await hold(index)

    object.__setattr__(made, "dialogue", noted)
    found = await run(made, again, 3)
    assert asked == [1, 2]
    assert [d.lines(supporter=False) for d in found] == [d.lines(supporter=False) for d in whole]
    assert len(again.finished()) == 3


async def test_a_dialogue_that_was_broken_off_is_held_again(tmp_path: Path) -> None:
    folder = SimulationFolder(tmp_path / "out", MANIFEST, resume=False)
    [broken] = await run(simulation(seeker=seeker_model(fail_after=0), graph="direct"), folder, 1)
    [held] = await run(simulation(graph="direct"), folder, 1)
    assert (broken.ended, held.ended) == ("failed", "farewell")
    assert [d.ended for d in folder.finished()] == ["farewell"]


async def test_a_run_ends_when_a_model_fails_again_and_again(tmp_path: Path) -> None:
    folder = SimulationFolder(tmp_path / "out", MANIFEST, resume=False)
    with pytest.raises(ModelError, match="dialogues in a row were broken off"):
        await run(simulation(seeker=seeker_model(fail_after=0), graph="direct"), folder, 50)
    assert len(folder.finished()) == MOST_FAILURES


def test_a_folder_that_holds_a_run_is_not_overwritten(tmp_path: Path) -> None:
    SimulationFolder(tmp_path, MANIFEST, resume=False)
    with pytest.raises(ConfigError, match="--resume"):
        SimulationFolder(tmp_path, MANIFEST, resume=False)


def test_a_run_made_with_something_else_is_not_gone_on_with(tmp_path: Path) -> None:
    SimulationFolder(tmp_path, MANIFEST, resume=False)
    with pytest.raises(ConfigError, match="another graph, seed;"):
        SimulationFolder(tmp_path, {**MANIFEST, "seed": 1, "graph": "direct"}, resume=True)
    SimulationFolder(tmp_path, {**MANIFEST, "count": 9}, resume=True)


def test_a_run_made_by_other_code_or_packages_is_not_gone_on_with(tmp_path: Path) -> None:
    made = {**MANIFEST, **decided_by()}
    SimulationFolder(tmp_path, {**made, **about_the_place("one")}, resume=False)
    SimulationFolder(tmp_path, {**made, **about_the_place("other")}, resume=True)
    with pytest.raises(ConfigError, match="another code_sha256, versions;"):
        SimulationFolder(tmp_path, {**made, "code_sha256": "0", "versions": {}}, resume=True)


def test_a_run_that_was_killed_inside_a_letter_goes_on(tmp_path: Path) -> None:
    folder = SimulationFolder(tmp_path, MANIFEST, resume=False)
    folder.add(dialogue())
    folder.add(dialogue([("Kůň.", "Tak jo.")], index=1))
    file = tmp_path / FINISHED
    whole = file.read_bytes()
    file.write_bytes(whole[: whole.index("ů".encode()) + 1])
    assert [d.index for d in folder.finished()] == [0]
    folder.add(dialogue(index=2))
    assert [d.index for d in folder.finished()] == [0, 2]


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    folder = SimulationFolder(tmp_path, MANIFEST, resume=False)
    folder.add(dialogue())
    with (tmp_path / FINISHED).open("a") as file:
        file.write('{"id": 1}\n')
    with pytest.raises(DataError, match="line 2 is no simulated dialogue"):
        folder.finished()


def test_a_dialogue_comes_back_from_the_disk_as_it_was(tmp_path: Path) -> None:
    folder = SimulationFolder(tmp_path, MANIFEST, resume=False)
    folder.add(dialogue(fixed=[1]))
    assert folder.finished() == [dialogue(fixed=[1])]


@pytest.mark.parametrize(
    "line", ["Thanks, I have to go now, bye!", "That helps. Talk to you later."]
)
def test_a_line_that_ends_with_a_farewell_is_one(line: str) -> None:
    assert says_farewell(line, 3)


@pytest.mark.parametrize("line", ["I said goodbye to her at the station.", "I have to go there."])
def test_a_line_that_tells_of_one_is_none(line: str) -> None:
    assert not says_farewell(line, 3)


def command(tmp_path: Path, *arguments: str) -> Any:
    models = tmp_path / "models.yaml"
    models.write_text(
        "models:\n"
        "  made-seeker: {task: respond, backend: 'tools.backends.stub_seeker:load'}\n"
        "profiles: {}\n"
    )
    app = typer.Typer()
    app.command()(simulate)
    given = ["--profile", "stub", "--models", str(models), "--seeker", "made-seeker"]
    return CliRunner().invoke(app, ["--out", str(tmp_path / "out"), *given, *arguments])


def test_the_command_writes_a_run_and_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path / "cache"))
    result = command(tmp_path, "--count", "2", "--turns", "4", "--graph", "direct")
    assert result.exit_code == 0, result.output
    out = tmp_path / "out"
    names = {"manifest.json", "finished.jsonl", "dropped.jsonl", "summary.json", "train.txt"}
    assert {file.name for file in out.iterdir()} == names
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["synthetic"] and not manifest["same_model"] and manifest["seed"] == 0
    assert "kept" in result.output and "evidence about people" in " ".join(result.output.split())


def test_the_supporter_is_masked_and_draws_by_the_seed_and_nothing_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ATTUNE_AUDIT", str(tmp_path / "log"))
    found: list[Services] = []

    async def held(made: Simulation, *_: object, **__: object) -> list[Simulated]:
        found.append(made.supporter.services)
        return []

    monkeypatch.setattr("graphs.simulation.command.simulate_all", held)
    result = command(tmp_path, "--count", "1", "--graph", "direct", "--seed", "5")
    assert result.exit_code == 0, result.output
    [services] = found
    assert not services.unmasked and services.seed == 5
    assert services.audit is None and not (tmp_path / "log").exists()


async def test_the_supporter_plans_nothing_that_it_may_not_use_on_a_person() -> None:
    services = stub_services(*(example(strategy=label.value, similarity=0.9) for label in MASKED))
    held = await simulation(services=services).dialogue(0)
    planned = [turn.chain["strategy"]["scores"] for turn in held.turns[:-1]]
    assert planned and all(scores[label.value] == 0 for scores in planned for label in MASKED)


def test_one_model_in_both_parts_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path / "cache"))
    arguments = ["--count", "1", "--turns", "3", "--graph", "direct", "--seeker", "stub-chat"]
    result = command(tmp_path, *arguments)
    assert "one model talks" in " ".join(result.output.split())
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["same_model"] is True


def test_a_format_that_is_none_is_refused(tmp_path: Path) -> None:
    result = command(tmp_path, "--format", "xml")
    assert isinstance(result.exception, ConfigError)
    assert "esconv, mesc" in str(result.exception)
