"""A GGUF language model on OpenVINO GenAI, in a child process.

It is started anew when it has died, and ended when it hangs: when it has written nothing to anybody
for as long as a reply may stand still.
"""

import contextlib
import itertools
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.chat import ChatRequest
from tools.errors import ModelError, WeightsError
from tools.models import Loading

_ROOT = Path(__file__).resolve().parents[2]
_START_S = 180.0
_CACHE_TOKENS = 32_768
"""Sixteen replies to prompts of 2,000 tokens: about 16 kB a token and 0.5 GB for a model of 1.5B
(28 layers, 2 heads of 128 for keys and for values, 8 bit with scales)."""


@dataclass(frozen=True)
class _Reply:
    events: "queue.SimpleQueue[dict[str, Any]]"
    process: "subprocess.Popen[str]"


class OpenVinoChat:
    """Talk to the engine process; many replies may be written at once."""

    def __init__(
        self,
        name: str,
        path: Path,
        *,
        device: str,
        cache_tokens: int,
        silent_s: float,
        repetition_penalty: float,
        prefix_caching: bool = True,
    ) -> None:
        """Start the engine and wait until the model is loaded.

        Args:
            name: the model's name, for messages.
            path: the GGUF file.
            device: OpenVINO's device name, e.g. `CPU` or `GPU`.
            cache_tokens: how many tokens of prompts and replies are kept computed, of all
                conversations together; what was used longest ago is overwritten.
            repetition_penalty: above 1, words that stand already become less likely.
            silent_s: how long a reply may stand still before it counts as failed.
            prefix_caching: whether the beginning that a prompt shares with an earlier one is
                computed once; replies are scored without.

        Raises:
            ModelError: the engine does not come up.
        """
        self._name = name
        self._settings: dict[str, Any] = {
            "path": str(path),
            "device": device,
            "cache_tokens": cache_tokens,
            "repetition_penalty": repetition_penalty,
            "prefix_caching": prefix_caching,
        }
        self._scorer: OpenVinoChat | None = None
        self._silent_s = silent_s
        self._keys = itertools.count(1)
        self._replies: dict[int, _Reply] = {}
        self._lock = threading.Lock()
        self._scoring = threading.Lock()
        self._heard = 0.0  # when the engine last wrote anything, by the monotonic clock
        self._process: subprocess.Popen[str] | None = None
        with self._lock:
            self._start()

    @property
    def pid(self) -> int | None:
        """Process id of the engine, None while there is none."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """Yield the reply in pieces; closing the generator cancels it.

        Raises:
            ModelError: the engine died, refused the request, or stood still too long; with its
                exit status where it died, below 0 for a signal.
        """
        with contextlib.closing(self._events(request)) as events:
            for event in events:
                yield event["text"]

    def likelihood(self, request: ChatRequest, reply: str) -> list[float]:
        """Return the log-probability of each token of a given reply, teacher-forced.

        The first call starts a second engine, which takes the model's memory again: one that
        caches the beginnings of prompts gives no log-probabilities of them. The numbers are those
        of the model as it runs, weights and caches in few bits, and of one batch of tokens or
        another: within about 0.1 a token.

        Args:
            request: the conversation; the reply is taken to follow its `prefix`.
            reply: what is scored, e.g. the reference of a corpus, for its perplexity.

        Returns:
            Natural logarithms, shape (tokens of the reply,).

        Raises:
            ModelError: the engine did not come up, died, or has no room for prompt and reply.
        """
        if not reply:
            return []
        with self._scoring:
            if self._scorer is None:
                again = {**self._settings, "path": Path(self._settings["path"])}
                again["prefix_caching"] = False
                self._scorer = OpenVinoChat(self._name, silent_s=self._silent_s, **again)
            scorer = self._scorer
        found = [event["log_probabilities"] for event in scorer._events(request, reply)]
        if not found or not found[0]:
            raise ModelError(
                f"the language model {self._name!r} has no room for a prompt and its reply; "
                "show it less history, or raise its option `cache_tokens`"
            )
        scored: list[float] = found[0]
        return scored

    def _events(
        self, request: ChatRequest, reply: str = ""
    ) -> Generator[dict[str, Any], None, None]:
        """Yield what the engine writes of one request; closing the generator cancels it."""
        key = next(self._keys)
        events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        finished = False
        try:
            self._ask(
                events,
                {
                    "id": key,
                    "messages": [
                        {"role": m.role, "content": _writable(m.content)} for m in request.messages
                    ],
                    "prefix": _writable(request.prefix),
                    "max_tokens": request.max_tokens,
                    "temperature": request.temperature,
                    "seed": request.seed,
                    "choices": request.choices,
                    "reply": reply,
                },
            )
            while True:
                try:
                    event = events.get(timeout=self._silent_s)
                except queue.Empty:
                    self._end_hung(self._replies.get(key))
                    raise ModelError(
                        f"the language model {self._name!r} wrote nothing for "
                        f"{self._silent_s:.0f} s; the reply was given up"
                    ) from None
                if "error" in event:
                    finished = True
                    raise ModelError(f"the language model {self._name!r} failed: {event['error']}")
                if event.get("done"):
                    finished = True
                    return
                yield event
        finally:
            self._replies.pop(key, None)
            if not finished:
                with contextlib.suppress(ModelError), self._lock:
                    self._send({"id": key, "cancel": True})

    def close(self) -> None:
        """End the engine, and the one that scores."""
        with self._scoring:
            if self._scorer is not None:
                self._scorer.close()
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _end_hung(self, reply: _Reply | None) -> None:
        """Kill the engine of a silent reply if it has written to nobody else either."""
        if reply is not None and time.monotonic() - self._heard >= self._silent_s:
            reply.process.kill()
            reply.process.wait()

    def _ask(self, events: "queue.SimpleQueue[dict[str, Any]]", message: dict[str, Any]) -> None:
        """Send a request, to a new engine where the old one has died."""
        with self._lock:
            if self.pid is None:
                self._start()
            assert self._process is not None  # `_start` has made it
            self._replies[message["id"]] = _Reply(events, self._process)
            self._send(message)

    def _send(self, message: dict[str, Any]) -> None:
        if self._process is None or self._process.stdin is None:
            raise ModelError(f"the language model {self._name!r} is not running")
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise ModelError(f"the language model {self._name!r} has died") from error

    def _command(self) -> list[str]:
        """Return what starts the engine."""
        module = "tools.backends.openvino_engine"
        return [sys.executable, "-m", module, json.dumps(self._settings)]

    def _start(self) -> None:
        process = subprocess.Popen(
            self._command(),
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        ready: queue.SimpleQueue[bool] = queue.SimpleQueue()
        threading.Thread(
            target=self._pump, args=(process, ready), name="openvino-pump", daemon=True
        ).start()
        try:
            started = ready.get(timeout=_START_S)
        except queue.Empty:
            started = False
        if not started:
            process.kill()
            process.wait()
            raise ModelError(
                f"the language model {self._name!r} did not start; "
                "see whether there is enough free memory, then try again"
            )
        self._process = process

    def _pump(self, process: "subprocess.Popen[str]", ready: "queue.SimpleQueue[bool]") -> None:
        assert process.stdout is not None  # opened with a pipe
        for line in process.stdout:
            self._heard = time.monotonic()
            event = json.loads(line)
            if event.get("ready"):
                ready.put(True)
            elif reply := self._replies.get(event["id"]):
                reply.events.put(event)
        # Standard output has ended: the engine is dead, and with it every reply it was writing.
        # Only once it is reaped does `pid` say so, and the next request starts a new one.
        process.wait()
        ready.put(False)
        for reply in list(self._replies.values()):
            if reply.process is process:
                reply.events.put({"error": f"its process ended ({process.returncode})"})


def load(loading: Loading) -> OpenVinoChat:
    """Start the engine on the model's one GGUF file.

    Options: `cache_tokens` (default 32768), `silent_s` (default 30), `repetition_penalty` (default
    1.05).

    Raises:
        WeightsError: the weights folder holds no GGUF file.
    """
    files = sorted(loading.weights().glob("*.gguf"))
    if not files:
        raise WeightsError(f"the weights of {loading.name!r} hold no .gguf file")
    options = loading.config.options
    return OpenVinoChat(
        loading.name,
        files[0],
        device=loading.config.device.upper(),
        cache_tokens=int(options.get("cache_tokens", _CACHE_TOKENS)),
        silent_s=float(options.get("silent_s", 30)),
        repetition_penalty=float(options.get("repetition_penalty", 1.05)),
    )


def _writable(text: str) -> str:
    """Return a text without lone surrogates, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode()
