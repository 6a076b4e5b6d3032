"""The language-model engine, in a process of its own: `python -m tools.backends.openvino_engine`.

OpenVINO's continuous batching holds the interpreter lock for up to seconds in one step, so it would
stop the chat page's event loop. Here it can hold nobody up. Requests and cancellations come as JSON
lines on standard input, pieces of text leave as JSON lines on standard output; the process ends
when its input does.
"""

import json
import math
import os
import queue
import sys
import threading
from dataclasses import dataclass, field
from typing import Any, TextIO

_BLOCK = {"CPU": 32, "GPU": 16}
"""Tokens of one block of the cache, by device; its size is told in blocks, or in whole GB."""

_REPLACEMENT = "\ufffd"  # the tail of a character whose bytes are not all there yet


@dataclass
class _Live:
    handle: Any
    ids: list[int] = field(default_factory=list)
    sent: int = 0
    given: int | None = None  # tokens before a reply that is scored, and not written
    logs: list[float] = field(default_factory=list)


class Engine:
    """One pipeline, all requests in one continuous batch."""

    def __init__(
        self,
        path: str,
        *,
        device: str,
        cache_tokens: int,
        repetition_penalty: float,
        prefix_caching: bool,
    ) -> None:
        """Load the GGUF file at `path`; only without `prefix_caching` can it score replies."""
        import openvino_genai

        scheduler = openvino_genai.SchedulerConfig()
        scheduler.enable_prefix_caching = prefix_caching
        scheduler.num_kv_blocks = blocks(cache_tokens, device)
        scheduler.max_num_batched_tokens = 256
        self._genai = openvino_genai
        self._pipeline = openvino_genai.ContinuousBatchingPipeline(path, scheduler, device)
        self._tokenizer = self._pipeline.get_tokenizer()
        self._live: dict[int, _Live] = {}
        self._repetition_penalty = repetition_penalty

    @property
    def idle(self) -> bool:
        """Tell whether no request is being written."""
        return not self._live

    def add(self, key: int, request: dict[str, Any]) -> None:
        """Start writing a request, or scoring its `reply` (see `openvino_chat`)."""
        prompt = self._tokenizer.apply_chat_template(request["messages"], True) + request["prefix"]
        if request["reply"]:
            self._score(key, prompt, request["reply"])
            return
        config = self._genai.GenerationConfig()
        config.max_new_tokens = request["max_tokens"]
        config.apply_chat_template = False
        config.eos_token_id = self._tokenizer.get_eos_token_id()
        config.stop_strings = {"<|im_end|>", "<|endoftext|>"}
        config.do_sample = request["temperature"] > 0
        if config.do_sample:
            config.temperature = request["temperature"]
            config.top_p = 0.9
            config.rng_seed = request["seed"]
        config.repetition_penalty = self._repetition_penalty
        if request["choices"]:
            config.structured_output_config = self._genai.StructuredOutputConfig(
                grammar=choice_grammar(request["choices"])
            )
        tokens = self._tokenizer.encode(prompt, add_special_tokens=False).input_ids
        self._live[key] = _Live(self._pipeline.add_request(key, tokens, config))

    def _score(self, key: int, prompt: str, reply: str) -> None:
        import numpy as np
        import openvino  # type: ignore[import-untyped]

        before, after = (
            self._tokenizer.encode(text, add_special_tokens=False).input_ids.data
            for text in (prompt, reply)
        )
        config = self._genai.GenerationConfig()
        config.max_new_tokens = 0
        config.apply_chat_template = False
        # The prompt's own log-probabilities: those of what is cached would be missing.
        config.echo, config.logprobs = True, 1
        tokens = openvino.Tensor(np.concatenate([before, after], 1))
        handle = self._pipeline.add_request(key, tokens, config)
        self._live[key] = _Live(handle, given=before.shape[1])

    def cancel(self, key: int) -> None:
        """Stop writing a request; unknown keys are ignored."""
        if live := self._live.pop(key, None):
            live.handle.cancel()

    def step(self) -> list[dict[str, Any]]:
        """Advance every request by one step and return what is new."""
        self._pipeline.step()
        events: list[dict[str, Any]] = []
        for key, live in list(self._live.items()):
            while live.handle.can_read():
                for output in live.handle.read().values():
                    live.ids += output.generated_ids
                    live.logs += output.generated_log_probs
            done = live.handle.get_status() != self._genai.GenerationStatus.RUNNING
            if live.given is not None:
                if done:
                    events.append({"id": key, "log_probabilities": live.logs[live.given :]})
                    events.append({"id": key, "done": True})
                    del self._live[key]
                continue
            text = self._tokenizer.decode(live.ids)
            if not done and text.endswith(_REPLACEMENT):
                text = text[: live.sent]
            if len(text) > live.sent:
                events.append({"id": key, "text": text[live.sent :]})
                live.sent = len(text)
            if done:
                events.append({"id": key, "done": True})
                del self._live[key]
        return events


def blocks(tokens: int, device: str) -> int:
    """Return how many blocks of the cache hold so many tokens."""
    return math.ceil(tokens / _BLOCK.get(device.partition(".")[0], 32))


def choice_grammar(choices: list[str]) -> str:
    """Return a grammar, in the EBNF that OpenVINO GenAI takes, of just these texts."""
    return "root ::= " + " | ".join(json.dumps(choice) for choice in choices)


def serve(engine: Engine, source: TextIO, sink: TextIO) -> None:
    """Answer requests from `source` on `sink` until `source` ends."""
    inbox: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    def read() -> None:
        for line in source:
            inbox.put(json.loads(line))
        inbox.put(None)

    def send(event: dict[str, Any]) -> None:
        sink.write(json.dumps(event) + "\n")
        sink.flush()

    threading.Thread(target=read, daemon=True).start()
    send({"ready": True})
    while True:
        while engine.idle or not inbox.empty():
            request = inbox.get()
            if request is None:
                return
            if request.get("cancel"):
                engine.cancel(request["id"])
                continue
            try:
                engine.add(request["id"], request)
            except Exception as error:
                send({"id": request["id"], "error": type(error).__name__})
        for event in engine.step():
            send(event)


def main() -> None:
    """Load the model named on the command line and serve standard input."""
    # What native libraries print must not get between the JSON lines.
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    settings = json.loads(sys.argv[1])
    engine = Engine(settings.pop("path"), **settings)
    serve(engine, sys.stdin, sink)


if __name__ == "__main__":
    main()
