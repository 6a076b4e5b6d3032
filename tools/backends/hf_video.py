"""A small video-language model through transformers: it says what pictures of a clip show.

Any model that transformers' `AutoModelForImageTextToText` reads and whose processor has a chat
template will do. It is shown pictures, not a video file, so that nothing has to be decoded again.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from tools.backends.device import torch_device
from tools.backends.options import read_options
from tools.errors import ConfigError, ModelError, WeightsError
from tools.models import Loading
from tools.scene import Scene

if TYPE_CHECKING:
    from transformers import PreTrainedModel, ProcessorMixin


class Options(BaseModel, extra="forbid"):
    """What `options:` of a video-language model may say.

    Attributes:
        max_tokens: of a description.
        side: pixels of a picture's longer side; a larger one is scaled down.
    """

    max_tokens: int = Field(default=48, ge=8, le=400)
    side: int = Field(default=384, ge=32, le=2048)


def load(loading: Loading) -> "VideoDescriber":
    """Load a model and its processor from the model's folder.

    Raises:
        WeightsError: the folder is no complete safetensors model of this kind.
        ConfigError: an option or the device is wrong, or the processor needs a package that is not
            installed.
    """
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor

    options = read_options(Options, loading)
    device = torch_device(loading)
    safely: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    folder = loading.weights()
    try:
        reader: Any = AutoProcessor  # has no types
        processor = reader.from_pretrained(folder, **safely)
        model: Any = AutoModelForImageTextToText.from_pretrained(
            folder,
            use_safetensors=True,
            dtype=torch.float32 if device == "cpu" else torch.bfloat16,
            **safely,
        )
    except ImportError as error:
        raise ConfigError(
            f"the processor of the model {loading.name!r} needs a package that is not installed "
            "(torchvision, and num2words for SmolVLM); install it beside Attune"
        ) from error
    except Exception as error:  # each kind of damage has an error type of its own
        raise WeightsError(
            f"the model {loading.name!r} cannot be read from its folder "
            f"({type(error).__name__}); fetch the weights {loading.config.weights!r} again"
        ) from error
    return VideoDescriber(loading.name, model.to(device).eval(), processor, options)


class VideoDescriber:
    """Describe clips, one after the other."""

    def __init__(
        self, name: str, model: "PreTrainedModel", processor: "ProcessorMixin", options: Options
    ) -> None:
        """Describe with `model`, which is in evaluation mode and called `name` in messages."""
        self._name = name
        self._model: Any = model  # the type of its `generate` fits no model
        self._processor: Any = processor
        self._options = options

    def predict(self, items: Sequence[Scene], /) -> list[str]:
        """Return one description per clip; empty where there is no picture.

        Raises:
            ModelError: the model failed. Nothing of what it saw is told.
        """
        try:
            return [self._one(item) if item.frames else "" for item in items]
        except Exception as error:
            raise ModelError(
                f"the video-language model {self._name!r} failed: {type(error).__name__}"
            ) from error

    def _one(self, item: Scene) -> str:
        import torch
        from PIL import Image

        content: list[dict[str, Any]] = []
        for frame in item.frames:
            picture = Image.fromarray(frame)
            picture.thumbnail((self._options.side, self._options.side))
            content.append({"type": "image", "image": picture})
        content.append({"type": "text", "text": item.ask})
        given = self._processor.apply_chat_template(
            [{"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        ).to(self._model.device, dtype=self._model.dtype)
        with torch.inference_mode():
            written = self._model.generate(
                **given, do_sample=False, max_new_tokens=self._options.max_tokens
            )
        new = written[:, given["input_ids"].shape[1] :]
        text: str = self._processor.batch_decode(new, skip_special_tokens=True)[0]
        return text.strip()
