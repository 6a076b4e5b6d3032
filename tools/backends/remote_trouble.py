"""What went wrong with a remote model, in one sentence, without a word of the provider's.

Every provider's package has errors of its own. They are told apart by the HTTP status that they
carry and by the names of their classes, so that none of the packages has to be there.
"""

from urllib.parse import urlsplit

from tools.errors import AttuneError, ModelError

_TIMEOUTS = frozenset({"APITimeoutError", "TimeoutException", "TimeoutError", "DeadlineExceeded"})
_CONNECTIONS = frozenset(
    {"APIConnectionError", "TransportError", "ConnectionError", "ServiceUnavailable"}
)


def status(error: BaseException) -> int | None:
    """Return the HTTP status that an error of a provider's package carries, if any."""
    response = getattr(error, "response", None)
    for value in (
        getattr(error, "status_code", None),
        getattr(response, "status_code", None),
        getattr(error, "code", None),
    ):
        if isinstance(value, int) and 100 <= value <= 599:
            return value
    return None


def is_passing(error: BaseException) -> bool:
    """Tell whether the same request may succeed in a moment."""
    found = status(error)
    if found is not None:
        return found in (408, 409, 429) or found >= 500
    return _is_one_of(error, _TIMEOUTS | _CONNECTIONS)


def explain(
    error: Exception, *, name: str, model: str, where: str | None, timeout: float
) -> AttuneError:
    """Return the sentence for an error that ended a request.

    Args:
        error: what the provider's package raised; an error of ours is returned as it is.
        name: the model's name in `models.yaml`.
        model: `provider:model`.
        where: the server's address, None for the provider's own.
        timeout: seconds that the provider was given.
    """
    if isinstance(error, AttuneError):
        return error
    provider = model.partition(":")[0]
    place = urlsplit(where).netloc if where else f"the provider {provider!r}"
    found = status(error)
    who = f"the language model {name!r}"
    if found in (401, 403):
        return ModelError(
            f"{place} refused the key of {who} (HTTP {found}); set the right one in the "
            "environment, in the variable that `key_env` names or in the provider's own"
        )
    if found == 404:
        return ModelError(
            f"{place} does not know {model!r}, which {who} asks for (HTTP 404); "
            "see its `model` and `base_url`"
        )
    if found == 429:
        return ModelError(
            f"{place} takes no more requests of {who} now, or its quota is used up (HTTP 429); "
            "try again later"
        )
    if found is not None and found >= 500:
        return ModelError(f"{place} failed to answer for {who} (HTTP {found}); try again later")
    if found is not None:
        return ModelError(
            f"{place} refused the request of {who} (HTTP {found}); see the model's options"
        )
    if _is_one_of(error, _TIMEOUTS):
        return ModelError(
            f"{place} sent nothing for {who} within {timeout:g} s; "
            "try again later, or raise its `timeout`"
        )
    if _is_one_of(error, _CONNECTIONS):
        return ModelError(
            f"the connection of {who} to {place} failed; "
            "see the network and the `base_url` of the model"
        )
    return ModelError(f"{who} at {place} failed: {type(error).__name__}")


def _is_one_of(error: BaseException, names: frozenset[str]) -> bool:
    return any(kind.__name__ in names for kind in type(error).__mro__)
