"""The mock as its control API shows it, and a receiver of its webhooks."""

import json
import queue
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from checks import TIMEOUT


def fetch(url, body=None, headers=None):
    """Status and JSON document of an answer; an error is an answer, too."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})})
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        text = answer.read()
    return answer.status, json.loads(text) if text else None


class Mock:
    """What the readiness line of `mock-scalekit serve --management-client` names."""

    def __init__(self, ready):
        self.environment = ready["environment_url"]
        self.issuer = ready["issuer"]
        self.resource = ready["resource_id"]
        self.client = ready["client_id"], ready["client_secret"]
        self._control = f"{ready['control_url']}/environments/default"
        self._headers = {"Authorization": f"Bearer {ready['control_token']}"}

    def post(self, path, body):
        status, answer = fetch(f"{self._control}/{path}", body, self._headers)
        assert status < 300, f"{path}: {status} {answer}"
        return answer

    def token(self, *defects, **members):
        return self.post("tokens", {"defects": list(defects), **members})["token"]

    def requests(self):
        """Those that came to the issuer, in order."""
        return fetch(f"{self._control}/requests", headers=self._headers)[1]

    def listed(self, path, token):
        """A list of the management API."""
        return fetch(f"{self.environment}/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})


class Receiver:
    """Keeps the webhooks that it gets: headers with small letters, and the body as it came."""

    def __init__(self):
        received = self._received = queue.Queue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                received.put(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(201)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def next(self):
        return self._received.get(timeout=TIMEOUT)
