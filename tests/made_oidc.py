"""A made OpenID Connect provider on loopback, which can be told to misbehave."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

CLIENT = "attune-made"
SECRET = "made for the tests alone"
SUBJECT = "7f3a"

Claims = dict[str, Any]


class Provider:
    """The provider: keys, codes that wait, and what it says of people.

    Attributes:
        metadata: changes of its description.
        claims: changes of the claims in a token; None takes one out.
        signed: signs claims; by default as described.
        asked: what the token endpoint was sent.
    """

    def __init__(self) -> None:
        self.issuer = ""
        self.key = RSAKey.generate_key(2048, {"kid": "made", "use": "sig"})
        self.metadata: dict[str, Any] = {}
        self.claims: Claims = {}
        self.signed: Callable[[Claims], str] = self.sign
        self.asked: list[dict[str, str]] = []
        self._waiting: dict[str, dict[str, str]] = {}

    def sign(self, claims: Claims, key: RSAKey | None = None) -> str:
        """Sign as a good provider does."""
        return jwt.encode({"alg": "RS256", "kid": "made"}, claims, key or self.key)

    def sign_with_secret(self, claims: Claims) -> str:
        """Sign with the public key as a shared secret, a known confusion of algorithms."""
        public = OctKey.import_key(self.key.as_pem(private=False))
        return jwt.encode({"alg": "HS256", "kid": "made"}, claims, public)

    def unsigned(self, claims: Claims) -> str:
        """Sign nothing."""
        parts = ({"alg": "none", "kid": "made"}, claims)
        texts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts]
        return b".".join([*texts, b""]).decode()

    def approve(self, address: str) -> dict[str, str]:
        """Let the person in, and return the query with which their browser is sent back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_hex(8)
        self._waiting[code] = asked
        return {"code": code, "state": asked["state"]}

    async def describe(self, request: Request) -> JSONResponse:
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }
        return JSONResponse({**found, **self.metadata})

    async def keys(self, request: Request) -> JSONResponse:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def token(self, request: Request) -> JSONResponse:
        form = {
            name: values[0] for name, values in parse_qs((await request.body()).decode()).items()
        }
        self.asked.append(form)
        asked = self._waiting.pop(form.get("code", ""), None)
        known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or challenge != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
            or request.headers["authorization"] != f"Basic {known}"
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims: Claims = {
            "iss": self.issuer,
            "sub": SUBJECT,
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": asked["nonce"],
            "name": "Ada",
            **self.claims,
        }
        signed = self.signed({k: v for k, v in claims.items() if v is not None})
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": signed})


@contextmanager
def running() -> Iterator[Provider]:
    """Run a provider on a free port of loopback."""
    provider = Provider()
    routes = [
        Route("/.well-known/openid-configuration", provider.describe),
        Route("/keys", provider.keys),
        Route("/token", provider.token, methods=["POST"]),
    ]
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=routes), port=0, log_level="error", lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    provider.issuer = f"http://127.0.0.1:{port}"
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(10)
