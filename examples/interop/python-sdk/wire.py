"""What went over the wire: requests to the server, as the proxy recorded them, and to the issuer."""

import json
from pathlib import Path

import httpx2

from checks import TIMEOUT


class Peer:
    """A server behind a recording proxy, and its issuer: `"URL RECORD CONTROL_URL CONTROL_TOKEN"`."""

    def __init__(self, words):
        self.url, record, self._control, self._token = words.split(" ")
        self._record = Path(record)
        self._to_server = self._to_issuer = 0

    async def _issuer_requests(self):
        url = f"{self._control}/environments/default/requests"
        async with httpx2.AsyncClient(timeout=TIMEOUT, headers={"Authorization": f"Bearer {self._token}"}) as http:
            return (await http.get(url)).raise_for_status().json()

    def _server_requests(self):
        return [json.loads(line) for line in self._record.read_text().splitlines()]

    async def forget(self):
        """What came so far is not returned any more."""
        self._to_server = len(self._server_requests())
        self._to_issuer = len(await self._issuer_requests())

    def to_server(self):
        """Method, path and status of each request to the server since the last `forget`, in order."""
        new = self._server_requests()[self._to_server :]
        return [(request["method"], request["path"], request["status"]) for request in new]

    def challenges(self):
        """Statuses of refusals since the last `forget`, each with whether it had a challenge."""
        new = self._server_requests()[self._to_server :]
        return [(request["status"], request["challenge"]) for request in new if request["status"] in (401, 403)]

    async def to_issuer(self):
        """Requests to the issuer since the last `forget`, in order, without the server's own for keys."""
        new = (await self._issuer_requests())[self._to_issuer :]
        return [request for request in new if request["endpoint"] != "keys"]
