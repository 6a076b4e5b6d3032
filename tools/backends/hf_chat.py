"""A language model through transformers, on a GPU or a small one on the CPU.

transformers' `generate` is not made to be called from several threads, so that one reply is written
after the other; who has many talkers at once points `remote-chat` to a vLLM server instead.
"""

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from tools.backends.contrast import ContrastedLogits
from tools.backends.drawn import DrawnLogits
from tools.backends.options import read_options
from tools.backends.pretrained import read_language_model
from tools.chat import ChatRequest, Message
from tools.errors import ModelError
from tools.metrics.perplexity import log_probabilities
from tools.models import Loading

if TYPE_CHECKING:
    from transformers import (
        BatchEncoding,
        PreTrainedModel,
        PreTrainedTokenizerBase,
        TextIteratorStreamer,
    )

_LAST_TOKEN_S = 5.0
"""Seconds that closing waits for the token that is being written."""


class Options(BaseModel, extra="forbid"):
    """What `options:` of a transformers chat model may say.

    Attributes:
        silent_s: seconds without a word, the wait for other replies included, after which a reply
            is given up.
        template: what the model's chat template is told besides; a model that can think aloud
            first is told not to.
    """

    silent_s: float = Field(default=60.0, gt=0)
    template: dict[str, Any] = Field(default_factory=lambda: {"enable_thinking": False})


def load(loading: Loading) -> "TransformersChat":
    """Load a model and its tokenizer from the model's folder.

    Raises:
        WeightsError: the folder is no complete safetensors model, or has no chat template.
        ConfigError: an option or the device is wrong.
    """
    options = read_options(Options, loading)
    model, tokenizer = read_language_model(loading)
    return TransformersChat(loading.name, model, tokenizer, options)


class TransformersChat:
    """One model; replies are written one after the other, in the order in which they get the lock.

    The tokenizer is not safe to share either, and is used under the same lock.

    Attributes:
        contrasts: a request's `contrast` is heeded.
    """

    contrasts = True

    def __init__(
        self,
        name: str,
        model: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        options: Options,
    ) -> None:
        """Answer with `model`, which is in evaluation mode and called `name` in messages."""
        self._name = name
        self._model = model
        self._tokenizer = tokenizer
        self._options = options
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def close(self) -> None:
        """Stop the reply that is being written, and write no other one."""
        self._closed.set()
        if self._lock.acquire(timeout=_LAST_TOKEN_S):
            self._lock.release()

    def stream(self, request: ChatRequest, /) -> Iterator[str]:
        """Yield the reply in pieces; closing the generator cancels it at the next token.

        Raises:
            ModelError: the model failed, the prompt is too long, or nothing came for too long.
        """
        from transformers import TextIteratorStreamer

        streamer = TextIteratorStreamer(
            self._tokenizer,
            skip_prompt=True,
            timeout=self._options.silent_s,
            skip_special_tokens=True,
        )
        cancelled = threading.Event()
        errors: list[Exception] = []

        def write() -> None:
            try:
                with self._lock:
                    if not cancelled.is_set() and not self._closed.is_set():
                        self._generate(request, streamer, cancelled)
            except Exception as error:
                errors.append(error)
            finally:
                streamer.on_finalized_text("", stream_end=True)

        threading.Thread(target=write, name="generate", daemon=True).start()
        try:
            yield from streamer
        except queue.Empty:
            raise ModelError(
                f"the language model {self._name!r} wrote nothing for "
                f"{self._options.silent_s:g} s; the reply was given up"
            ) from None
        finally:
            cancelled.set()
        if errors:
            raise self._explained(errors[0])

    def likelihood(self, request: ChatRequest, reply: str) -> list[float]:
        """Return the log-probability of each token of a given reply, teacher-forced.

        It is that of the model as it is: temperature, `choices` and `contrast` are not in it.

        Args:
            request: the conversation; the reply is taken to follow its `prefix`.
            reply: what is scored, e.g. the reference of a corpus, for its perplexity.

        Returns:
            Natural logarithms, shape (tokens of the reply,).

        Raises:
            ModelError: the model failed, or prompt and reply are too long.
        """
        with self._lock:
            try:
                prompt = self._prompt(request)
                ids = self._tokenizer([prompt, reply], add_special_tokens=False)["input_ids"]
                self._check_length(sum(map(len, ids)))
                # `_prompt` has taken the space from the end of the prefix.
                said = f" {reply.lstrip()}" if request.prefix.strip() else reply
                return log_probabilities(self._model, self._tokenizer, prompt, said)
            except Exception as error:
                raise self._explained(error) from error

    def _generate(
        self, request: ChatRequest, streamer: "TextIteratorStreamer", cancelled: threading.Event
    ) -> None:
        """Write one reply into `streamer`; the caller holds the lock."""
        import torch
        from transformers import LogitsProcessorList, StoppingCriteriaList

        def stop(ids: torch.Tensor, scores: object, **_: object) -> torch.Tensor:
            end = cancelled.is_set() or self._closed.is_set()
            return torch.full((len(ids),), end, device=ids.device)

        prompt = self._encoded(request)
        given = prompt["input_ids"].shape[1]
        self._check_length(given + request.max_tokens)
        changed = LogitsProcessorList()
        if request.contrast and request.contrast_weight:
            without = self._encoded(replace(request, messages=request.contrast))["input_ids"]
            self._check_length(without.shape[1] + request.max_tokens)
            changed.append(ContrastedLogits(self._model, without, given, request.contrast_weight))
        if request.temperature > 0:
            device, heat = self._model.device, request.temperature
            changed.append(DrawnLogits(request.seed, temperature=heat, top_p=0.9, device=device))
        writer: Any = self._model  # the type of its `generate` fits no model
        with torch.inference_mode():
            writer.generate(
                input_ids=prompt["input_ids"],
                attention_mask=prompt["attention_mask"],
                max_new_tokens=request.max_tokens,
                stopping_criteria=StoppingCriteriaList([stop]),
                logits_processor=changed,
                streamer=streamer,
                do_sample=False,
            )

    def _encoded(self, request: ChatRequest) -> "BatchEncoding":
        """Return the tokens of the prompt, each tensor of shape (1, tokens)."""
        found: BatchEncoding = self._tokenizer(
            self._prompt(request), add_special_tokens=False, return_tensors="pt"
        ).to(self._model.device)
        return found

    def _prompt(self, request: ChatRequest) -> str:
        """Return the prompt as text, with the beginning of the reply if that is given."""
        from jinja2 import TemplateError

        try:
            prompt = self._filled([_plain(message) for message in request.messages])
        except TemplateError:  # Gemma's, among others, knows no system message
            prompt = self._filled([_plain(message) for message in alternating(request.messages)])
        # A word and the space before it are one token: after a lone space no word can come.
        return prompt + request.prefix.rstrip()

    def _filled(self, messages: list[dict[str, str]]) -> str:
        filled = self._tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=False, **self._options.template
        )
        return str(filled)

    def _check_length(self, tokens: int) -> None:
        most = getattr(self._model.config, "max_position_embeddings", None)
        if most is not None and tokens > most:
            raise ModelError(
                f"the prompt and the reply take {tokens} tokens, and the language model "
                f"{self._name!r} has room for {most}; show it less history"
            )

    def _explained(self, error: Exception) -> ModelError:
        import torch

        if isinstance(error, ModelError):
            return error
        if isinstance(error, torch.OutOfMemoryError):
            torch.cuda.empty_cache()
            return ModelError(
                f"the GPU has not enough memory for the language model {self._name!r}; "
                "choose a smaller one, or free memory on the GPU"
            )
        # The message of a foreign exception may hold what the person said; its name cannot.
        return ModelError(f"the language model {self._name!r} failed: {type(error).__name__}")


def _plain(message: Message) -> dict[str, str]:
    return {"role": message.role, "content": message.content}


def alternating(messages: Sequence[Message]) -> list[Message]:
    """Return the messages for a template that takes only users and assistants in turn.

    What the system says goes in front of what the user says, and neighbours of one role are joined.
    """
    turns: list[Message] = []
    for message in messages:
        role = "user" if message.role == "system" else message.role
        if turns and turns[-1].role == role:
            turns[-1] = Message(role, f"{turns[-1].content}\n\n{message.content}")
        else:
            turns.append(Message(role, message.content))
    return turns
