"""Runs FastMCP's example client as it is, on the initialize handshake: `legacy.py client.py`.

The example pings. The protocol has no ping since 2026-07-28, which FastMCP's client takes where it
can, so the example ends with "method not found" at every server that speaks it, FastMCP's own
among them. FastMCP's answer is `Client(..., mode="legacy")`: given here from outside, since the
example is not to be touched.
"""

import functools
import runpy
import sys

import fastmcp.client

fastmcp.client.Client = functools.partial(fastmcp.client.Client, mode="legacy")
runpy.run_path(sys.argv[1], run_name="__main__")
