"""FastMCP's client against protected servers of this project: `client.py URL REFRESHING_URL RBAC_URL`.

Logs in, calls every tool once and prints a line per check; the first that fails ends it with
exit code 1. Once for each generation of the protocol that the client speaks. The issuer of the
second server gives refresh tokens unasked: the SDK asks for none. The third asks for scopes by
annotations of its Cedar policies.
"""

import json
import re
import sys
import time
import urllib.parse
import warnings
from contextlib import aclosing
from pathlib import Path

import httpx2
import jwt
from fastmcp import Client
from fastmcp.exceptions import ToolError
from fastmcp.utilities.tests import HeadlessOAuth
from mcp import MCPError

from checks import TIMEOUT, Failed, expect, expect_that, run_checks

# Nobody listens there: the login without a browser reads the answer off the redirect.
CALLBACK_PORT = 1
# The private key that the mock issuer of auth-testkit signs with: it is public.
SIGNING_KEY = Path(__file__).parents[3] / "auth-testkit/keys/ada.pem"
# What the issuer was told of a client that has not registered.
DOCUMENT = json.loads((Path(__file__).parents[1] / "client.json").read_text())

# What a client is told to choose, and what must come out: "legacy" is the initialize handshake,
# "auto" asks the server first and takes the newest generation.
GENERATIONS = [("legacy", "2025-11-25"), ("auto", "2026-07-28")]

# Tokens here live in memory on purpose, so FastMCP's advice to store them does not apply.
warnings.filterwarnings("ignore", message="Using in-memory token storage")


class RecordingOAuth(HeadlessOAuth):
    """FastMCP's login without a browser, which also notes what went over the wire."""

    def __init__(self, url, **settings):
        super().__init__(url, **settings)
        self.seen = []
        self.asked = {}

    async def redirect_handler(self, authorization_url):
        self.asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(authorization_url).query))
        await super().redirect_handler(authorization_url)

    async def async_auth_flow(self, request):
        async with aclosing(super().async_auth_flow(request)) as flow:
            response = None
            while True:
                try:
                    outgoing = await flow.asend(response)
                except StopAsyncIteration:
                    return
                response = yield outgoing
                self.seen.append((outgoing.method, str(outgoing.url), response.status_code))

    @property
    def access_token(self):
        return self.context.current_tokens.access_token


def parameters(challenge):
    """Those of a WWW-Authenticate header with the scheme Bearer."""
    return dict(re.findall(r'(\w+)="([^"]*)"', challenge))


async def without_a_token(http, url):
    """What a client sees before it logs in; returns the protected resource metadata."""
    answer = await http.post(url)
    expect("no token: status", answer.status_code, 401)
    challenge = parameters(answer.headers.get("www-authenticate", ""))
    expect_that(
        "no token: challenge names the metadata",
        "resource_metadata" in challenge,
        "resource_metadata in WWW-Authenticate",
        answer.headers.get("www-authenticate"),
    )
    expect("no token: challenge has no error", challenge.get("error"), None)
    metadata = await http.get(challenge["resource_metadata"])
    expect("metadata: status", metadata.status_code, 200)
    expect("metadata: media type", metadata.headers["content-type"], "application/json")
    metadata = metadata.json()
    expect("metadata: resource", metadata.get("resource"), url)
    expect("metadata: scopes_supported", metadata.get("scopes_supported"), ["notes:read"])
    return metadata


async def expect_invalid_token(http, url, what, token):
    answer = await http.post(url, headers={"Authorization": f"Bearer {token}"})
    error = parameters(answer.headers.get("www-authenticate", "")).get("error")
    expect(f"{what}: 401 invalid_token", (answer.status_code, error), (401, "invalid_token"))


async def with_a_bad_token(http, url, token):
    """The same token with one thing wrong. `token` itself is accepted."""
    await expect_invalid_token(http, url, "garbage token", "garbage")
    head, claims, signature = token.split(".")
    changed = "A" if signature[0] != "A" else "B"
    await expect_invalid_token(http, url, "tampered token", f"{head}.{claims}.{changed}{signature[1:]}")

    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, options={"verify_signature": False})
    key = SIGNING_KEY.read_text()

    def signed(expires):
        return jwt.encode(claims | {"exp": expires}, key, "RS256", headers=header)

    # Without this one, the next would also pass for a token that is wrong in another way.
    answer = await http.post(url, headers={"Authorization": f"Bearer {signed(int(time.time()) + 60)}"})
    expect_that(
        "signed again, not expired: let in",
        answer.status_code not in (401, 403),
        "neither 401 nor 403",
        answer.status_code,
    )
    await expect_invalid_token(http, url, "expired token", signed(int(time.time()) - 3600))


async def expect_refused(client, tool, arguments, says):
    """A refusal is a JSON-RPC error that says what is missing."""
    try:
        result = await client.call_tool(tool, arguments)
    except MCPError as refusal:
        expect_that(f"{tool}: refused, says {says!r}", says in str(refusal), says, str(refusal))
        expect(f"{tool}: error code", refusal.error.code, 403)
    except ToolError as refusal:
        raise Failed(f"{tool}: expected a JSON-RPC error, got a tool result with isError: {refusal}") from None
    else:
        raise Failed(f"{tool}: expected a refusal, got {result.structured_content!r}")


async def logged_in(url, metadata, mode, protocol):
    """Everything a client does with one login; returns the access token."""
    auth = RecordingOAuth(url)
    async with Client(url, auth=auth, mode=mode, timeout=TIMEOUT, init_timeout=TIMEOUT) as client:
        expect("protocol", client.protocol_version, protocol)

        issuer = urllib.parse.urlsplit(metadata["authorization_servers"][0])
        origin = f"{issuer.scheme}://{issuer.netloc}"
        gets = [(path, status) for method, path, status in auth.seen if method == "GET" and path != url]
        well_known = f"{origin}/.well-known/oauth-authorization-server{issuer.path}"
        expect(
            "discovery: both documents at the first place tried",
            gets,
            [(f"{url.removesuffix('/mcp')}/.well-known/oauth-protected-resource/mcp", 200), (well_known, 200)],
        )
        expect("asked for the scope of the challenge only", auth.asked.get("scope"), "notes:read")
        expect("asked for a token for this server", auth.asked.get("resource"), url)
        expect("asked with PKCE", auth.asked.get("code_challenge_method"), "S256")

        tools = {tool.name for tool in await client.list_tools()}
        expect("tools", tools, {"admin_reset", "auth_status", "echo", "notes_add", "notes_list"})
        expect("ping", await client.ping(), True)

        status = (await client.call_tool("auth_status")).structured_content
        expect_that(
            "auth_status: subject", re.fullmatch(r"usr_\w+", status["subject"]), "usr_...", status["subject"]
        )
        organization = status["organization"] or ""
        expect_that("auth_status: organization", re.fullmatch(r"org_\w+", organization), "org_...", organization)
        expect("auth_status: scopes", status["scopes"], ["notes:read"])
        expect("auth_status: client", status["client_id"], auth.context.client_info.client_id)
        expect("auth_status: not a machine", status["machine"], False)

        echo = await client.call_tool("echo", {"message": "héllo"})
        expect("echo", echo.content[0].text, "héllo")
        notes = await client.call_tool("notes_list")
        expect("notes_list: structured", notes.structured_content, {"notes": []})
        # Who lacks a role is not told which one, unlike a scope, which a client can ask for.
        await expect_refused(client, "admin_reset", {}, "not allowed")
        # A refusal must leave the connection usable.
        expect("still connected", (await client.call_tool("notes_list")).structured_content, {"notes": []})

    refused = [(method, path) for method, path, status in auth.seen if status == 401]
    expect("one 401, the first request", (refused, auth.seen[0][2]), ([("POST", url)], 401))
    odd = [status for _, _, status in auth.seen if status not in (200, 201, 202, 401)]
    expect("no unexpected status", odd, [])
    return auth.access_token


async def registered(http, issuer):
    """A client id that no scopes are tied to. The SDK would register for those of the first
    challenge alone, and no issuer that keeps to that could then grant more."""
    parts = urllib.parse.urlsplit(issuer)
    described = f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path}"
    endpoint = (await http.get(described)).json()["registration_endpoint"]
    client = {
        "client_name": "Interop",
        "redirect_uris": [f"http://localhost:{CALLBACK_PORT}/callback"],
        "token_endpoint_auth_method": "none",
    }
    answer = await http.post(endpoint, json=client)
    expect("registered", answer.status_code, 201)
    return answer.json()["client_id"]


async def step_up(url, metadata, mode, client_id):
    """A 403 that names a scope makes the client ask for it, and call again."""
    auth = RecordingOAuth(url, client_id=client_id, callback_port=CALLBACK_PORT)
    async with Client(url, auth=auth, mode=mode, timeout=TIMEOUT) as client:
        await client.list_tools()
        expect("asked for nothing more than it must", auth.asked.get("scope"), "notes:read")
        notes = (await client.call_tool("notes_add", {"text": "x"})).structured_content
        expect("notes_add: added after a step-up", notes["notes"][-1], "x")
        expect("asked for both scopes", set(auth.asked["scope"].split()), {"notes:read", "notes:write"})
        status = (await client.call_tool("auth_status")).structured_content
        expect("auth_status: scopes", set(status["scopes"]), {"notes:read", "notes:write"})
    refused = [status for _, _, status in auth.seen if status in (401, 403)]
    expect("one login, one step-up", refused, [401, 403])


async def by_a_document(url, mode):
    """A client that the issuer knows by a document: nothing is registered."""
    auth = RecordingOAuth(url, client_metadata_url=DOCUMENT["client_id"], callback_port=CALLBACK_PORT)
    async with Client(url, auth=auth, mode=mode, timeout=TIMEOUT) as client:
        expect("asked by the document", auth.asked.get("client_id"), DOCUMENT["client_id"])
        status = (await client.call_tool("auth_status")).structured_content
        expect("auth_status: client", status["client_id"], DOCUMENT["client_id"])
    registrations = [path for method, path, _ in auth.seen if path.endswith("clients:register")]
    expect("no registration", registrations, [])


async def refreshed(url, mode):
    """A token that has expired is replaced without a login, and the refresh token with it."""
    auth = RecordingOAuth(url)
    async with Client(url, auth=auth, mode=mode, timeout=TIMEOUT) as client:
        await client.list_tools()
        before = auth.context.current_tokens
        expect_that("refresh token given", before.refresh_token, "one", "none")
        # As when its time is over: the client looks there before each request.
        auth.context.token_expiry_time = time.time() - 1
        auth.asked, auth.seen = {}, []
        status = (await client.call_tool("auth_status")).structured_content
        expect("auth_status: scopes", status["scopes"], ["notes:read"])
        after = auth.context.current_tokens
        expect_that("refreshed: new access token", after.access_token != before.access_token, "another", "the old one")
        expect_that(
            "refreshed: refresh token rotated", after.refresh_token != before.refresh_token, "another", "the old one"
        )
        expect("refreshed: without another login", auth.asked, {})
        expect("refreshed: nothing was refused", [status for _, _, status in auth.seen if status > 399], [])


async def main(url, refreshing_url, rbac_url):
    async with httpx2.AsyncClient(timeout=TIMEOUT) as http:
        metadata = await without_a_token(http, url)
        for mode, protocol in GENERATIONS:
            print(f"  -- mode {mode}")
            token = await logged_in(url, metadata, mode, protocol)
        await with_a_bad_token(http, url, token)
        client_id = await registered(http, metadata["authorization_servers"][0])
        for mode, _ in GENERATIONS:
            print(f"  -- step-up, mode {mode}")
            await step_up(url, metadata, mode, client_id)
        metadata = await without_a_token(http, rbac_url)
        client_id = await registered(http, metadata["authorization_servers"][0])
        for mode, _ in GENERATIONS:
            print(f"  -- step-up by a Cedar policy, mode {mode}")
            await step_up(rbac_url, metadata, mode, client_id)
        for mode, _ in GENERATIONS:
            print(f"  -- by a document, mode {mode}")
            await by_a_document(url, mode)
        for mode, _ in GENERATIONS:
            print(f"  -- refresh, mode {mode}")
            await refreshed(refreshing_url, mode)


if __name__ == "__main__":
    run_checks(main(*sys.argv[1:]), late=(TimeoutError, httpx2.TimeoutException))
