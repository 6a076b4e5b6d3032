"""What all people on the page share."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agents.context import Services
from graphs.deployment import reads_bodies
from graphs.shelf import Shelf
from tools.phrases import LocalePhrases
from tools.safety.handoff import Handoff
from tools.storage.records import Storage
from ui.gate.keeping import KEPT_DAYS
from ui.gate.limits import RateLimits
from ui.readiness import Readiness
from ui.session import Sessions
from ui.uploads import UploadFolder

if TYPE_CHECKING:
    from graphs.archive import Archive


@dataclass(frozen=True, kw_only=True)
class House:
    """The live objects of one program.

    Attributes:
        services: what every graph shares.
        shelf: where new conversations find their graph.
        sessions: who is here.
        readiness: how far the models are.
        uploads: where recordings lie until they are decoded.
        graph: the graph that is chosen at first, by name or file.
        locale: BCP 47 tag of the conversations' language.
        handoff: the way to write to people; None where none is configured.
        archive: kept conversations; None where nothing can be kept.
        storage: tells by `owner` whose conversations are whose; None where nothing can be kept.
        limits: how often somebody may do something.
        keep_days: after how many days without use a kept conversation is deleted.
    """

    services: Services
    shelf: Shelf
    sessions: Sessions
    readiness: Readiness
    uploads: UploadFolder
    graph: str
    locale: str
    handoff: Handoff | None = None
    archive: "Archive | None" = None
    storage: Storage | None = None
    limits: RateLimits = field(default_factory=RateLimits)
    keep_days: float = KEPT_DAYS

    @property
    def reads_bodies(self) -> bool:
        """Whether a camera may be used here at all, and a feeling be read from a voice."""
        return reads_bodies(self.services.deployment)

    @property
    def phrases(self) -> LocalePhrases:
        """The fixed sentences in the conversations' language."""
        return self.services.phrases.for_locale(self.locale)
