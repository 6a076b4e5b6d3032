"""Sort the dialogues of a run, and write what is kept and what is not."""

import json
from collections.abc import Mapping, Sequence

from graphs.simulation.corpora import FILES, ROWS, laid_out, mesc_emotion
from graphs.simulation.filters import TWIN, UNREAD, Looking, reasons
from graphs.simulation.folder import DROPPED, SUMMARY, SimulationFolder
from graphs.simulation.manifest import made_by
from graphs.simulation.records import Simulated
from graphs.simulation.run import Simulation
from graphs.simulation.seeker import private_texts
from graphs.simulation.summary import Summary, summarise
from graphs.simulation.twins import twins
from tools import journal


def sort_out(
    dialogues: Sequence[Simulated], simulation: Simulation, *, format: str
) -> tuple[list[Simulated], dict[str, list[str]]]:
    """Return the dialogues that are kept, and why each other one is not, by id.

    Near-duplicates are looked for among those that nothing else is wrong with.
    """
    profiles = {profile.id: profile for profile in simulation.profiles}
    policy = simulation.supporter.services.policy
    private = private_texts(simulation.prompt)
    why = {
        dialogue.id: reasons(dialogue, Looking(profiles[dialogue.profile], policy, private))
        for dialogue in dialogues
    }
    if format == "mesc":  # it has an emotion for every line
        for dialogue in dialogues:
            if not all(map(mesc_emotion, dialogue.turns)):
                why[dialogue.id].append(UNREAD)
    good = [dialogue for dialogue in dialogues if not why[dialogue.id]]
    again = twins(good)
    for id, other in again.items():
        why[id] = [f"{TWIN} of {other}"]
    return [d for d in good if d.id not in again], {id: each for id, each in why.items() if each}


def write_out(
    folder: SimulationFolder,
    dialogues: Sequence[Simulated],
    simulation: Simulation,
    *,
    format: str,
) -> Summary:
    """Write the corpus file, the dropped dialogues with their reasons, and the summary.

    Raises:
        DataError: the folder cannot be written.
    """
    kept, dropped = sort_out(dialogues, simulation, format=format)
    profiles = {profile.id: profile for profile in simulation.profiles}
    made = made_by(simulation)
    rows = [ROWS[format](dialogue, profiles[dialogue.profile], made) for dialogue in kept]
    folder.write(FILES[format], laid_out(rows, format))
    others = [{"reasons": dropped[d.id], **d.row()} for d in dialogues if d.id in dropped]
    folder.write(DROPPED, "".join(map(journal.line, others)))
    summary = summarise(kept, _counted(dropped), profiles)
    folder.write(SUMMARY, json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    return summary


def _counted(dropped: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the reasons without the name of the dialogue that one is nearly like."""
    return {
        id: [TWIN if reason.startswith(TWIN) else reason for reason in why]
        for id, why in dropped.items()
    }
