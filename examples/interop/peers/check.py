"""The example `client` against a server of others: `check.py KIND URL PROTOCOL TOOL ARGUMENTS RESULT`.

Logs in; then, with the stored tokens, lists the tools and calls TOOL with ARGUMENTS, whose result has the string
RESULT. Once with PROTOCOL, the version that the client has to find by itself, and once with 2025-11-25.
Prints a line per check; the first that fails ends it with exit code 1. CLIENT_BIN is the client.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading

from checks import Failed, expect, redact
from person import Lost, approve

SECONDS = 30
WELL_KNOWN = "/.well-known/oauth-protected-resource/mcp"
kind, url, protocol, tool, arguments, result = sys.argv[1:]


def client(folder, *options):
    """The client's process. Its tokens are in `folder`."""
    command = [os.environ["CLIENT_BIN"], "--unencrypted-tokens", "--token-dir", folder, "--timeout", "20", *options, url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process, what, seen=""):
    """What it printed: results, and everything else. It must succeed. `seen` was read before."""
    try:
        out, err = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise Failed(f"{what}: expected an end within {SECONDS} s, got none:\n{seen}{err}{out}") from None
    err = seen + err
    if process.returncode != 0:
        raise Failed(f"{what}: expected exit code 0, got {process.returncode}:\n{err}{out}")
    return out, err


def log_in(folder):
    """Without a browser where the issuer approves by itself, else as a person with one."""
    if kind != "proxy":
        _, err = finished(client(folder, "--headless", "--trace", "login"), "login")
        return err
    process = client(folder, "--no-browser", "--trace", "login")
    timer = threading.Timer(SECONDS, process.kill)
    timer.start()
    seen = ""
    try:
        for line in process.stderr:
            seen += line
            if address := re.match(r"  (http\S+/authorize\?\S+)$", line):
                expect("approved on the page", approve(address[1]), ["/consent"])
                break
    finally:
        timer.cancel()
    return finished(process, "login", seen)[1]


def use(folder, *options):
    """Lists the tools and calls one; returns what the client reported meanwhile."""
    out, listed = finished(client(folder, "--headless", "--trace", "--json", *options, "tools"), "tools")
    expect("tools", tool in [each["name"] for each in json.loads(out)], True)
    out, called = finished(client(folder, "--headless", "--trace", *options, "call", tool, arguments), "call")
    expect("call", result in out, True)
    return listed + called


def requests(report):
    """Method and path of each request that the client traced."""
    return re.findall(r"^ *> (GET|POST) https?://[^/\s]+(/[^\s?]*)", report, re.MULTILINE)


def main():
    print(f"  -- {kind}")
    with tempfile.TemporaryDirectory() as folder:
        report = log_in(folder)
        # An issuer that grants only registered scopes refuses the first request of a client that registered none.
        tries = 2 if kind == "no-default-scopes" else 1
        expect("logins", len(re.findall(r"^approve ", report, re.MULTILINE)), tries)
        traced = requests(report)
        expect("discovery: first what the challenge names", traced[0], ("GET", WELL_KNOWN))
        posted = [re.split("[/:]", path)[-1] for method, path in traced if method == "POST"]
        expect("registrations, then one token request", posted, ["register"] * tries + ["token"])
        expect("token stored", len(os.listdir(folder)) > 0, True)
        for options, version in (([], protocol), (["--wire", "2025-11-25"], "2025-11-25")):
            report = use(folder, *options)
            connections = set(re.findall(r"^connected .*, protocol (\S+)$", report, re.MULTILINE))
            expect(f"second start, {' '.join(options) or 'auto'}: protocol", connections, {version})
            expect("second start: the stored tokens", len(re.findall(r"^tokens +stored ones", report, re.MULTILINE)), 2)
            expect("second start: no login", re.findall(r"^approve ", report, re.MULTILINE), [])
            posted = [path for method, path in requests(report) if method == "POST"]
            expect("second start: no registration, no token request", posted, [])


try:
    main()
except (Failed, Lost) as error:
    print(f"  FAILED {redact(error)}")
    sys.exit(1)
