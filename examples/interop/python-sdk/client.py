"""The official Python SDK's client against protected servers of this project.

client.py WITH_CHALLENGE WITHOUT_CHALLENGE RBAC, each as wire.Peer has it. The second server's 401 has no
WWW-Authenticate, the third asks for scopes by annotations of its Cedar policies. Logs in, lists the tools, calls one, and compares what went over the wire; a line per
check, and exit code 1 at the first that fails. Once for each generation of the protocol.
"""

import sys
import urllib.parse
from contextlib import asynccontextmanager

import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata

from checks import TIMEOUT, expect, expect_that, run_checks
from wire import Peer

# Nobody listens there: the answer is read off the redirect.
CALLBACK = "http://localhost:1/callback"
TOOLS = ["admin_reset", "auth_status", "echo", "notes_add", "notes_list"]
# Of the server with policies: it lists what the caller may use.
TOOLS_WITHOUT_SCOPE = ["auth_status", "notes_list"]
# "legacy" is the initialize handshake, "auto" asks the server first and takes the newest generation.
GENERATIONS = [("legacy", "2025-11-25"), ("auto", "2026-07-28")]

PATH_WELL_KNOWN = "/.well-known/oauth-protected-resource/mcp"
LOGIN = ["metadata-path-inserted", "register", "authorize", "token"]


class Memory:
    """The SDK's TokenStorage, in memory."""

    def __init__(self, client_info=None):
        self.tokens, self.client_info = None, client_info

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client_info

    async def set_client_info(self, client_info):
        self.client_info = client_info


class Person:
    """Opens the authorization URL; the issuer approves by itself."""

    def __init__(self):
        self.logins = 0
        self._answer = {}

    async def open(self, url):
        self.logins += 1
        async with httpx2.AsyncClient(timeout=TIMEOUT) as browser:
            redirect = await browser.get(url)
        target = redirect.headers["location"]
        expect_that("the issuer approves", target.startswith(f"{CALLBACK}?"), CALLBACK, target.split("?")[0])
        self._answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(target).query))

    async def answer(self):
        return AuthorizationCodeResult(**{name: self._answer.get(name) for name in ("code", "state", "iss")})


def metadata():
    return OAuthClientMetadata(client_name="Interop", redirect_uris=[CALLBACK], token_endpoint_auth_method="none")


@asynccontextmanager
async def connected(peer, mode, person, storage):
    auth = OAuthClientProvider(peer.url, metadata(), storage, person.open, person.answer)
    async with httpx2.AsyncClient(auth=auth, timeout=TIMEOUT) as http:
        transport = streamable_http_client(peer.url, http_client=http)
        async with Client(transport, mode=mode, read_timeout_seconds=TIMEOUT) as client:
            yield client


async def use(client, protocol):
    """Lists the tools and calls one; returns what `auth_status` reports."""
    expect("protocol", client.protocol_version, protocol)
    expect("tools", sorted(tool.name for tool in (await client.list_tools()).tools), TOOLS)
    echo = await client.call_tool("echo", {"message": "héllo"})
    expect("echo", (echo.is_error, echo.content[0].text), (False, "héllo"))
    return (await client.call_tool("auth_status")).structured_content


async def use_with_policies(client, protocol):
    """The same at the server with policies."""
    expect("protocol", client.protocol_version, protocol)
    expect("tools", sorted(tool.name for tool in (await client.list_tools()).tools), TOOLS_WITHOUT_SCOPE)
    return (await client.call_tool("auth_status")).structured_content


def expect_asked(peer, requests, scopes):
    """Of an authorization and a token request: for this server, with PKCE, and for these scopes alone."""
    [authorize] = [request["params"] for request in requests if request["endpoint"] == "authorize"]
    [token] = [request["params"] for request in requests if request["endpoint"] == "token"]
    for sent in (authorize, token):
        names = [name for name, _ in sent]
        expect("each parameter once", sorted(set(names)), sorted(names))
    authorize, token = dict(authorize), dict(token)
    expect("authorization request: resource", authorize["resource"], peer.url)
    expect("authorization request: scope", set(authorize["scope"].split()), scopes)
    expect("authorization request: PKCE", authorize["code_challenge_method"], "S256")
    expect("token request: resource", token["resource"], peer.url)


async def log_in(peer, mode, protocol, challenged):
    """A login, then a start with what it stored."""
    storage, person = Memory(), Person()
    await peer.forget()
    async with connected(peer, mode, person, storage) as client:
        status = await use(client, protocol)
    expect("auth_status: scopes", status["scopes"], ["notes:read"])
    expect("one refusal", peer.challenges(), [(401, challenged)])
    expect(
        "discovery: the refused request, then the document",
        peer.to_server()[:2],
        [("POST", "/mcp", 401), ("GET", PATH_WELL_KNOWN, 200)],
    )
    requests = await peer.to_issuer()
    expect("issuer: each request once, in order", [request["endpoint"] for request in requests], LOGIN)
    expect_asked(peer, requests, {"notes:read"})

    await peer.forget()
    async with connected(peer, mode, person, storage) as client:
        await use(client, protocol)
    expect("second start: no login", person.logins, 1)
    expect("second start: nothing refused", peer.challenges(), [])
    expect("second start: nothing asked of the issuer", await peer.to_issuer(), [])


async def registered(peer):
    """A client that no scopes are tied to: the SDK would register for those of the first challenge alone."""
    async with httpx2.AsyncClient(timeout=TIMEOUT) as http:
        document = (await http.get(urllib.parse.urljoin(peer.url, PATH_WELL_KNOWN))).json()
        issuer = document["authorization_servers"][0]
        parts = urllib.parse.urlsplit(issuer)
        described = f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path}"
        endpoint = (await http.get(described)).json()["registration_endpoint"]
        answer = await http.post(endpoint, json=metadata().model_dump(mode="json", exclude_none=True))
    expect("registered", answer.status_code, 201)
    return OAuthClientInformationFull(**answer.json() | {"issuer": issuer})


async def step_up(peer, mode, protocol, use):
    """A 403 that names a scope makes the client request it, and call again."""
    storage, person = Memory(await registered(peer)), Person()
    async with connected(peer, mode, person, storage) as client:
        status = await use(client, protocol)
        expect("before: scopes", status["scopes"], ["notes:read"])
        await peer.forget()
        added = await client.call_tool("notes_add", {"text": "x"})
        expect("notes_add: added", (added.is_error, added.structured_content["notes"][-1]), (False, "x"))
        expect("one refusal, with a challenge", peer.challenges(), [(403, True)])
        requests = await peer.to_issuer()
        expect("issuer: no discovery, no registration", [each["endpoint"] for each in requests], LOGIN[2:])
        expect_asked(peer, requests, {"notes:read", "notes:write"})
        status = (await client.call_tool("auth_status")).structured_content
        expect("after: scopes", set(status["scopes"]), {"notes:read", "notes:write"})
    expect("two logins", person.logins, 2)


async def main(with_challenge, without_challenge, rbac):
    for mode, protocol in GENERATIONS:
        print(f"  -- by challenge, mode {mode}")
        await log_in(Peer(with_challenge), mode, protocol, challenged=True)
        print(f"  -- by well-known documents alone, mode {mode}")
        await log_in(Peer(without_challenge), mode, protocol, challenged=False)
        print(f"  -- step-up, mode {mode}")
        await step_up(Peer(with_challenge), mode, protocol, use)
        print(f"  -- step-up by a Cedar policy, mode {mode}")
        await step_up(Peer(rbac), mode, protocol, use_with_policies)


if __name__ == "__main__":
    run_checks(main(*sys.argv[1:]), late=(TimeoutError, httpx2.TimeoutException))
