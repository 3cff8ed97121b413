"""FastMCP's Scalekit provider around the tools that `mock-scalekit probe` asks for.

mock-scalekit probe http://127.0.0.1:8200/mcp -- python fastmcp_server.py
"""

import os
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

from fastmcp import FastMCP
from fastmcp.server.auth import require_scopes
from fastmcp.server.auth.providers.scalekit import ScalekitProvider
from fastmcp.server.dependencies import get_access_token

url = urlsplit(os.environ["SCALEKIT_MCP_URL"])

mcp = FastMCP(
    "probe_server",
    auth=ScalekitProvider(
        environment_url=os.environ["SCALEKIT_ENVIRONMENT_URL"],
        resource_id=os.environ["SCALEKIT_RESOURCE_ID"],
        base_url=f"{url.scheme}://{url.netloc}",
        required_scopes=["mcp:read"],
    ),
)


@mcp.tool
def echo(message: str = "") -> str:
    return message


@mcp.tool(auth=require_scopes("mcp:read"))
def read() -> str:
    return "read"


@mcp.tool(auth=require_scopes("mcp:write"))
def write() -> str:
    return "written"


@mcp.tool
def whoami() -> str:
    return get_access_token().claims["sub"]


@mcp.tool
def upstream(url: str) -> str:
    try:
        with urlopen(url, timeout=5) as answer:
            return str(answer.status)
    except HTTPError as error:
        return str(error.code)


mcp.run(transport="http", host=url.hostname, port=url.port, path=url.path)
