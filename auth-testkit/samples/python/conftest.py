"""A mock Scalekit for tests of a Python MCP server; see test_verifier.py.

mock-scalekit run --env-prefix MOCK -- python -m pytest
"""

import json
import os
import urllib.request

import pytest


class Issuer:
    """One mock Scalekit environment, and all that a test may do to it."""

    def __init__(self, settings):
        described = self._call("POST", "/environments", settings)
        self._path = f"/environments/{described['id']}"
        self.environment_url = described["environment_url"]
        self.resource_id = described["resource_id"]

    def token(self, **request):
        """A token that is good, unless `defects=["expired"]` or the like says otherwise."""
        return self.post("/tokens", request)["token"]

    def post(self, path, body=None):
        return self._call("POST", self._path + path, body)

    def requests(self, endpoint):
        """What was sent to an endpoint, without secrets."""
        return self._call("GET", f"{self._path}/requests?endpoint={endpoint}")

    def stop(self):
        self._call("DELETE", self._path)

    @staticmethod
    def _call(method, path, body=None):
        request = urllib.request.Request(
            os.environ["MOCK_CONTROL_URL"] + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer " + os.environ["MOCK_CONTROL_TOKEN"]},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=15) as answer:
            text = answer.read()
        return json.loads(text) if text else None


@pytest.fixture
def issuer():
    """An issuer for this test alone. It starts in a millisecond; nothing is left for the next test."""
    started = Issuer({"scopes": ["notes:read", "notes:write"]})
    yield started
    started.stop()
