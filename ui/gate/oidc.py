"""Sign-in with somebody else's accounts: OpenID Connect, code flow with PKCE.

A person is the issuer's name for them (`iss` and `sub`), never their e-mail address: those are
given to somebody else one day.
"""

import importlib.util
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from tools.errors import ConfigError, InputError, places
from tools.yaml_file import read_yaml
from ui.gate.identity import Identity
from ui.gate.site import LOOPBACK

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

COOKIE = "attune_oidc"
"""Holds the state of a sign-in under way; the answer comes from another site, so it is `Lax`."""

STATE_S = 600
_TIMEOUT_S = 10.0
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
_FAILED = "The sign-in did not work; please try once more."
_NOT_ALLOWED = "This account may not sign in here."
_log = logging.getLogger(__name__)


class OidcFile(BaseModel, extra="forbid"):
    """What `--oidc` reads.

    Attributes:
        issuer: the provider's address, as its tokens say it; https, or http on this computer.
        client_id: how the provider knows this server.
        secret: name of the environment variable that holds the client secret.
        name: what the button calls the provider.
        domains: e-mail domains that may sign in, if the provider has verified the address.
        subjects: accounts that may sign in, by `sub`; with neither list, everybody may.
    """

    issuer: str
    client_id: str
    secret: str = "ATTUNE_OIDC_SECRET"
    name: str = "your account"
    domains: list[str] = []
    subjects: list[str] = []


def read_oidc(file: Path) -> OidcFile:
    """Return the checked settings.

    Raises:
        ConfigError: something in them is wrong, the secret is not set, or the extra `server` is
            not installed.
    """
    if not file.is_file():
        raise ConfigError(
            f"there is no OpenID Connect file {file.name!r}; write it as docs/deploy.md shows"
        )
    settings = read_yaml(file, OidcFile, "OpenID Connect file")
    if importlib.util.find_spec("authlib") is None:
        raise ConfigError(
            "sign-in with OpenID Connect needs packages that are not installed; "
            "install them with `pip install '.[server]'`"
        )
    found = urlsplit(settings.issuer)
    if found.scheme != "https" and not (found.scheme == "http" and found.hostname in LOOPBACK):
        raise ConfigError(
            f"the issuer {settings.issuer!r} in {file.name!r} is not an https address; correct it"
        )
    if not os.environ.get(settings.secret):
        raise ConfigError(
            f"the environment variable {settings.secret!r} holds no client secret; set it to the "
            "one that the provider gave you"
        )
    return settings


class Oidc:
    """One provider."""

    def __init__(self, settings: OidcFile) -> None:
        """Prepare the client; the provider is asked when somebody signs in."""
        from authlib.integrations.starlette_client import (  # type: ignore[import-untyped]
            OAuth,
        )

        self.settings = settings
        self._client: Any = OAuth().register(
            "attune",
            server_metadata_url=f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_id=settings.client_id,
            client_secret=os.environ[settings.secret],
            client_kwargs={
                "scope": "openid email profile" if settings.domains else "openid profile",
                "code_challenge_method": "S256",
                "timeout": _TIMEOUT_S,
                "trust_env": False,
            },
        )

    async def start(self, request: "Request", back: str) -> "Response":
        """Send somebody to the provider, who sends them back to the address `back`.

        Raises:
            InputError: the provider cannot be asked.
        """
        request.session.clear()  # one sign-in at a time
        try:
            await self._check_issuer()
            response: Response = await self._client.authorize_redirect(request, back)
        except InputError:
            raise
        except Exception as error:  # of authlib, httpx and what the provider answers
            _log.warning("nobody could be sent to the provider: %s", places(error))
            raise InputError(_FAILED) from error
        return response

    async def finish(self, request: "Request") -> Identity:
        """Return who came back from the provider.

        State, PKCE, nonce, issuer, audience, signature and age of the token are checked.

        Raises:
            InputError: anything of that is wrong, or they may not sign in here.
        """
        try:
            await self._check_issuer()
            token = await self._client.authorize_access_token(
                request,
                claims_options={
                    "iss": {"essential": True, "value": self.settings.issuer},
                    "sub": {"essential": True},
                },
            )
            claims = dict(token["userinfo"])
        except InputError:
            raise
        except Exception as error:
            _log.warning("somebody who came from the provider was not let in: %s", places(error))
            raise InputError(_FAILED) from error
        finally:
            request.session.clear()
        if not self._allowed(claims):
            raise InputError(_NOT_ALLOWED)
        return Identity(
            name=str(claims.get("name") or claims.get("preferred_username") or ""),
            key=f"oidc:{claims['iss']} {claims['sub']}",
            lasting=True,
        )

    async def _check_issuer(self) -> None:
        """See that the provider is the one that was configured, and signs with a key of its own.

        Raises:
            InputError: it is not.
        """
        metadata = await self._client.load_server_metadata()
        named = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        signs = [name for name in named if name in _ALGORITHMS]
        if metadata.get("issuer") != self.settings.issuer or not signs:
            _log.warning(
                "the provider calls itself otherwise than the `issuer` in the OpenID Connect file, "
                "or signs with none of %s: correct the file, or ask the provider",
                ", ".join(_ALGORITHMS),
            )
            raise InputError(_FAILED)
        metadata["id_token_signing_alg_values_supported"] = signs

    def _allowed(self, claims: dict[str, Any]) -> bool:
        settings = self.settings
        if not settings.domains and not settings.subjects:
            return True
        email = str(claims.get("email", "")) if claims.get("email_verified") is True else ""
        name, _, domain = email.rpartition("@")
        return claims["sub"] in settings.subjects or (
            bool(name) and domain.lower() in [allowed.lower() for allowed in settings.domains]
        )
