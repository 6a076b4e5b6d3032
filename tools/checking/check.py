"""The contract test of one model: everything that is looked at, in order."""

from collections.abc import Callable

from tools.catalogue import ModelConfig
from tools.chat import ChatHost
from tools.checking import behaviour
from tools.checking.bench import Bench, Refused
from tools.checking.contracts import contract
from tools.checking.entry import entry_points
from tools.checking.latency import first_call, latencies
from tools.checking.points import Latency, Point, Report
from tools.checking.sockets import calls, is_local
from tools.checking.writing import writing_points
from tools.models import ModelSet

_FAKE = "stub-"

Say = Callable[[str], None]


def check_model(models: ModelSet, name: str, say: Say = lambda text: None) -> Report:
    """Load a model as the product would, and hold it to the contract of its task.

    Args:
        models: where the model stands.
        name: of the model.
        say: told what is being done.

    Raises:
        UnknownName: no such model.
    """
    config = models.config(name)
    report = Report(name, config.task, config.backend, entry_points(models, name))
    if report.points[0].state == "wrong":
        return report
    say("load")
    if config.task == "respond":
        _check_writer(models, name, config, report)
    else:
        _check_predictor(models, name, config, report, say)
    return report


def _check_predictor(
    models: ModelSet, name: str, config: ModelConfig, report: Report, say: Say
) -> None:
    held, bench = contract(config), Bench(models, name)
    report.measured = bench.measured
    points = report.points
    if not _load(bench, points):
        bench.close()
        return
    try:
        say("answers")
        bench.measured.first_ms = first_call(bench, held.items[0])
        found, told = behaviour.answered(bench, held)
        points += told
        if not found:
            return
        say("batches, repetition, several conversations")
        points.append(behaviour.in_batches(bench, held, found, config))
        points.append(behaviour.again(bench, held, found))
        points.append(behaviour.crowded(bench, held, found))
        say("nothing to read, hostile input")
        nothing = behaviour.on_nothing(bench, held)
        if nothing is not None:
            points.append(_excused(nothing, config))
        points.append(behaviour.on_anything(bench, held))
        say("latency")
        bench.measured.latency = latencies(bench, held.items, config.max_batch)
    except Refused as error:
        points.append(Point("answers", "wrong", f"it failed: {error}; mend the backend"))
    finally:
        points.append(_network(bench.answering, config))
        bench.close()


def _check_writer(models: ModelSet, name: str, config: ModelConfig, report: Report) -> None:
    # Of a language model the bench only loads: every reply has a thread of its own.
    bench = Bench(models, name)
    report.measured = bench.measured
    try:
        if not _load(bench, report.points):
            return
        host = models.host(name)
        assert isinstance(host, ChatHost)
        with calls() as made:
            points, reply = writing_points(host.backend())
        report.points += [*points, _network(sorted(set(made)), config)]
        if reply is not None and reply.pieces:
            report.measured.first_ms = round(1000 * reply.first_s, 1)
            each = round(1000 * reply.whole_s / len(reply.pieces), 1)
            report.measured.latency = [Latency(1, len(reply.pieces), each, each)]
    finally:
        bench.close()


def _load(bench: Bench, points: list[Point]) -> bool:
    try:
        bench.load()
    except Refused as error:
        points.append(Point("loading", "wrong", f"it cannot be loaded: {error}"))
        return False
    finally:
        if bench.loading:
            said = (
                f"loading called {', '.join(bench.loading)}; load from files that are here, and "
                "let `python -m tools weights get` fetch them"
            )
            points.append(Point("network", "wrong", said))
    measured = bench.measured
    said = f"it took {measured.load_s:.1f} s and {measured.load_mb:.0f} MB, and called nobody"
    if not bench.loading:
        points.append(Point("loading", "ok", said))
    return True


def _network(hosts: list[str], config: ModelConfig) -> Point:
    if not hosts:
        return Point("privacy", "ok", "answering called nobody")
    named = ", ".join(hosts)
    if config.backend == "remote-chat" or all(map(is_local, hosts)):
        return Point("privacy", "note", f"what is said is sent to {named}")
    said = (
        f"answering called {named}: what a person said may leave this machine; answer from files "
        "that are here, or use the backend `remote-chat`"
    )
    return Point("privacy", "wrong", said)


def _excused(point: Point, config: ModelConfig) -> Point:
    """Return a point about what was made up; a fake makes everything up."""
    if point.state != "wrong" or not config.backend.startswith(_FAKE):
        return point
    return Point(point.name, "note", "this is a fake: it finds what its options say in anything")
