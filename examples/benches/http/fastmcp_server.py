"""FastMCP with its Scalekit provider, for the bench: ENVIRONMENT_URL RESOURCE_ID MCP_URL.

Prints its address, and ends with its standard input.
"""

import os
import socket
import sys
import threading

import uvicorn
from fastmcp import FastMCP
from fastmcp.server.auth.providers.scalekit import ScalekitProvider

environment, resource, url = sys.argv[1:]
base, _, path = url.rpartition("/")
auth = ScalekitProvider(
    environment_url=environment,
    resource_id=resource,
    base_url=base,
    required_scopes=["notes:read"],
)
mcp = FastMCP("bench", auth=auth)


# The tools of the example server, whose list is asked for.
@mcp.tool
def echo(message: str) -> str:
    """Sends the message back."""
    return message


@mcp.tool
def auth_status() -> dict[str, str]:
    """Tells who is calling."""
    return {}


@mcp.tool
def notes_add(text: str) -> list[str]:
    """Keeps a note for the caller."""
    return [text]


@mcp.tool
def notes_list() -> list[str]:
    """The caller's notes, the oldest first."""
    return []


@mcp.tool
def admin_reset() -> dict[str, int]:
    """Forgets all notes of everyone."""
    return {}


def end_with_the_bench():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_the_bench, daemon=True).start()
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
print("{}:{}".format(*listener.getsockname()), flush=True)
app = mcp.http_app(path="/" + path, stateless_http=True, json_response=True)
config = uvicorn.Config(app, log_level="warning", access_log=False)
uvicorn.Server(config).run(sockets=[listener])
