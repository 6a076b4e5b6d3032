import pytest

from tools.errors import ConfigError, UnknownName
from tools.models import BACKENDS
from tools.registry import Registry


def test_an_entry_is_imported_only_when_it_is_asked_for() -> None:
    registry: Registry[object] = Registry("thing", {"good": "json:dumps", "bad": "no.such:thing"})
    assert registry["good"]([1]) == "[1]"
    with pytest.raises(ConfigError, match="cannot load 'no.such:thing'"):
        registry["bad"]


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="unknown thing 'god'; did you mean 'good'"):
        Registry("thing", {"good": "json:dumps"})["god"]


def test_a_name_cannot_be_taken_twice() -> None:
    registry: Registry[object] = Registry("thing", {"good": "json:dumps"})
    with pytest.raises(ConfigError, match="registered already"):
        registry.add("good", dict)


@pytest.mark.parametrize("name", list(BACKENDS))
def test_every_backend_has_a_loader(name: str) -> None:
    assert callable(BACKENDS[name])
