"""Somebody who uses the page without a browser: what its script sends, by the parts' own names."""

import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

Event = dict[str, Any]


class Visitor:
    """One tab: its cookies, what stands in its parts, and the events of the page."""

    def __init__(self, address: str, patience: float = 60.0) -> None:
        """Open the page at `address`."""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
        self.http = httpx.Client(base_url=origin, timeout=patience, headers={"Origin": origin})
        self.page = self.http.get("/").text
        begin = self.page.index("{", self.page.index("window.gradio_config = "))
        config, _ = json.JSONDecoder().raw_decode(self.page, begin)
        self.hash = secrets.token_hex(8)
        self._events: list[dict[str, Any]] = config["dependencies"]
        self._parts: dict[int, dict[str, Any]] = {part["id"]: part for part in config["components"]}
        self._values: dict[int, Any] = {
            number: part["props"].get("value") for number, part in self._parts.items()
        }
        for event in self._events:
            if any(what == "load" for _, what in event["targets"]):
                self._run(event)

    def close(self) -> None:
        """Close the tab."""
        self.http.close()

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def has(self, part: str) -> bool:
        """Say whether the page has a part of this name."""
        return any(p["props"].get("elem_id") == part for p in self._parts.values())

    def fill(self, part: str, value: Any) -> None:
        """Put something into a part, and run what hangs on its change."""
        number = self._id(part)
        self._values[number] = value
        for event in self._on(number, "change", "input"):
            self._run(event)

    def put(self, part: str, value: Any) -> None:
        """Put something into a part, and let nothing follow from it."""
        self._values[self._id(part)] = value

    def press(self, part: str, do: str = "click") -> list[Event]:
        """Press a button and wait for everything that follows; return the answers."""
        return list(self.watch(part, do))

    def watch(self, part: str, do: str = "click", **more: Any) -> Iterator[Event]:
        """Press a button and yield each answer of its event as it comes."""
        number = self._id(part)
        for event in self._on(number, do):
            yield from self._answers(event, {self._id(k): v for k, v in more.items()})

    def upload(self, name: str, data: bytes) -> Event:
        """Upload a file and return what a part holds then."""
        sent = self.http.post("/gradio_api/upload", files={"files": (name, data)})
        sent.raise_for_status()
        [path] = sent.json()
        return {
            "path": path,
            "orig_name": name,
            "size": len(data),
            "url": str(self.http.base_url.join(f"/gradio_api/file={path}")),
            "meta": {"_type": "gradio.FileData"},
        }

    def say(self, words: str) -> str:
        """Send a message and return everything that the server answered, as text."""
        self._values[self._id("words")] = words  # where `tab.js` hands them in
        return json.dumps(self.press("send"))

    def throw(self, value: Any) -> int:
        """Send `value` to every input of every event; return how many of them failed."""
        failed = 0
        for event in self._events:
            try:
                answers = self._run(event, dict.fromkeys(event["inputs"], value))
            except httpx.HTTPStatusError:  # refused at the door
                answers = [{"success": False}]
            failed += any(not answer.get("success", True) for answer in answers)
        return failed

    def _id(self, part: str) -> int:
        return next(n for n, p in self._parts.items() if p["props"].get("elem_id") == part)

    def _on(self, number: int, *does: str) -> list[Event]:
        return [
            e for e in self._events if any(t[0] == number and t[1] in does for t in e["targets"])
        ]

    def _run(self, event: Event, values: Mapping[int, Any] | None = None) -> list[Event]:
        return list(self._answers(event, values or {}))

    def _answers(self, event: Event, values: Mapping[int, Any]) -> Iterator[Event]:
        if not event["backend_fn"]:
            return
        data = [values.get(number, self._values.get(number)) for number in event["inputs"]]
        body = {"data": data, "fn_index": event["id"], "session_hash": self.hash}
        joined = self.http.post("/gradio_api/queue/join", json={**body, "trigger_id": None})
        joined.raise_for_status()
        wanted = joined.json()["event_id"]
        listening = {"session_hash": self.hash}
        with self.http.stream("GET", "/gradio_api/queue/data", params=listening) as stream:
            for line in stream.iter_lines():
                if not line.startswith("data:"):
                    continue
                told = json.loads(line[5:])
                if told.get("event_id") not in (wanted, None):
                    continue
                if told["msg"] in ("process_generating", "process_completed"):
                    yield told
                if told["msg"] in ("process_completed", "close_stream"):
                    return


def child_processes(pid: int) -> list[int]:
    """Return a process and everything that it started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += child_processes(int(child))
    return found
