"""What tests of failing models share: how long a reply may take, and what stands in for it."""

import asyncio
from typing import Any

from agents.context import Services
from graphs.run import TurnReport
from tests.made_failing import Hanging, Writer

BOUND_S = 15.0
"""Seconds within which every reply here must come; a hanging model hangs longer."""


async def in_time(turn: Any) -> TurnReport:
    async with asyncio.timeout(BOUND_S):
        report: TurnReport = await turn
    return report


def release(model: object) -> None:
    if isinstance(model, Hanging | Writer):
        model.released.set()


def writing(services: Services, model: Writer) -> Services:
    services.models.replace("chat", model)
    return services


def is_fixed(reply: str, services: Services) -> bool:
    return reply in services.phrases.for_locale("en").replies
