"""A server on the loopback interface that speaks OpenAI's streaming chat interface."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-made-0123456789abcdef0123"


class Provider(ThreadingHTTPServer):
    """Answers every request with `pieces`, after it has failed with each of `failures` once.

    Attributes:
        pieces: the reply; `None` breaks the connection off.
        failures: HTTP statuses; 0 closes the connection without an answer.
        requests: the bodies of the requests so far.
        headers: their headers.
        pause: seconds before each piece.
        gone: set when a client closed a reply before its end.
    """

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pieces: list[str | None] = ["I hear you. ", "That ", "was a lot. ", "What now?"]
        self.failures: list[int] = []
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.pause = 0.0
        self.gone = threading.Event()

    @property
    def url(self) -> str:
        """The address to give as `base_url`."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about clients that go away."""


@contextmanager
def provider() -> Iterator[Provider]:
    """Run a server for as long as the block lasts."""
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Provider
    protocol_version = "HTTP/1.1"  # whose replies have an end, so that a client sees them break off

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(json.loads(body))
        self.server.headers.append({k.lower(): v for k, v in self.headers.items()})
        if self.server.failures:
            self._fail(self.server.failures.pop(0))
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for piece in self.server.pieces:
                time.sleep(self.server.pause)
                if piece is None:
                    self.close_connection = True
                    return
                self._send(json.dumps(self._chunk({"role": "assistant", "content": piece})))
            self._send(json.dumps(self._chunk({}, finish="stop")))
            self._send("[DONE]")
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.server.gone.set()

    def _fail(self, status: int) -> None:
        self.close_connection = True
        if status:
            asked = self.server.requests[-1]["messages"][-1]["content"]
            sent = self.headers.get("Authorization", "")
            error = {"message": f"bad key {sent} for {asked}", "type": "x", "code": "x"}
            body = json.dumps({"error": error}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")  # or the client may ask again on a dead one
            self.end_headers()
            self.wfile.write(body)

    def _chunk(self, delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {
            "id": "made",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "made",
            "choices": [choice],
        }

    def _send(self, data: str) -> None:
        event = f"data: {data}\n\n".encode()
        self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
        self.wfile.flush()

    def log_message(self, *arguments: object) -> None:
        """Keep the test's output clean."""
