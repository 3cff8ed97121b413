"""A FastMCP server with the authorization of FastMCP's documentation: `fastmcp_server.py KIND PORT`.

remote   RemoteAuthProvider and JWTVerifier: the issuer is the mock
memory   InMemoryOAuthProvider: the server is its own issuer
no-default-scopes
         the same, but a client that registers without a scope may request none
proxy    OAuthProxy: the server is the issuer for clients, which approve on its consent page, and itself
         a client of the mock

The mock is found in MOCK_ISSUER and MOCK_ENVIRONMENT_URL.
"""

import json
import os
import secrets
import sys
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from fastmcp import FastMCP
from fastmcp.server.auth import OAuthProxy, RemoteAuthProvider
from fastmcp.server.auth.auth import ClientRegistrationOptions
from fastmcp.server.auth.providers.in_memory import InMemoryOAuthProvider
from fastmcp.server.auth.providers.jwt import JWTVerifier
from fastmcp.server.dependencies import get_access_token
from key_value.aio.stores.memory import MemoryStore
from pydantic import AnyHttpUrl

kind, port = sys.argv[1], int(sys.argv[2])
base_url = f"http://127.0.0.1:{port}"


def fetch(request):
    with urlopen(request, timeout=15) as answer:
        return json.load(answer)


def verifier():
    environment = os.environ["MOCK_ENVIRONMENT_URL"]
    return JWTVerifier(
        jwks_uri=f"{environment}/keys", issuer=environment, audience=f"{base_url}/mcp", required_scopes=["notes:read"]
    )


def remote():
    issuer = AnyHttpUrl(os.environ["MOCK_ISSUER"])
    return RemoteAuthProvider(token_verifier=verifier(), authorization_servers=[issuer], base_url=base_url)


def memory(default_scopes=("notes:read",)):
    registration = ClientRegistrationOptions(
        enabled=True, valid_scopes=["notes:read"], default_scopes=default_scopes and list(default_scopes)
    )
    return InMemoryOAuthProvider(
        base_url=base_url, client_registration_options=registration, required_scopes=["notes:read"]
    )


def proxy():
    issuer = urlsplit(os.environ["MOCK_ISSUER"])
    described = f"{issuer.scheme}://{issuer.netloc}/.well-known/oauth-authorization-server{issuer.path}"
    upstream = fetch(described)
    client = {
        "client_name": "OAuthProxy",
        "redirect_uris": [f"{base_url}/auth/callback"],
        "token_endpoint_auth_method": "none",
    }
    body, headers = json.dumps(client).encode(), {"Content-Type": "application/json"}
    registered = fetch(Request(upstream["registration_endpoint"], body, headers))
    return OAuthProxy(
        upstream_authorization_endpoint=upstream["authorization_endpoint"],
        upstream_token_endpoint=upstream["token_endpoint"],
        upstream_client_id=registered["client_id"],
        token_endpoint_auth_method="none",
        token_verifier=verifier(),
        base_url=base_url,
        jwt_signing_key=secrets.token_bytes(32),
        # Else in the user's home.
        client_storage=MemoryStore(),
    )


KINDS = {
    "remote": remote,
    "memory": memory,
    "no-default-scopes": lambda: memory(default_scopes=None),
    "proxy": proxy,
}
mcp = FastMCP(kind, auth=KINDS[kind]())


@mcp.tool
def echo(message: str) -> str:
    return message


@mcp.tool
def scopes() -> list[str]:
    return get_access_token().scopes


mcp.run(transport="http", host="127.0.0.1", port=port, show_banner=False)
