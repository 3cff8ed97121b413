#!/usr/bin/env python3
"""A browser for a login at the mock: `browser.py URL`, for the variable BROWSER.

Follows the authorization server's redirect to the client's callback, as a browser would. The mock
approves at once, so there is no page to show.
"""

import http.client
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

SECONDS = 30
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Stop(urllib.request.HTTPRedirectHandler):
    """Hands redirects back, so that each target is looked at before it is visited."""

    def redirect_request(self, *_):
        return None


# No proxy: everything here is on this machine.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stop)


def get(url, deadline):
    """The answer to a GET. A client may open its browser before its callback server listens."""
    if urllib.parse.urlsplit(url).hostname not in LOOPBACK:
        sys.exit("browser: refused to leave this machine")
    while True:
        try:
            return OPENER.open(url, timeout=5)
        except urllib.error.HTTPError as answer:
            return answer
        except (urllib.error.URLError, http.client.HTTPException) as error:
            if time.monotonic() > deadline:
                # Without its query, which holds the code.
                sys.exit(f"browser: {url.split('?')[0]}: no answer within {SECONDS} s: {error}")
            time.sleep(0.05)


def main(url):
    deadline = time.monotonic() + SECONDS
    for _ in range(5):
        with get(url, deadline) as answer:
            status, target = answer.status, answer.headers.get("location")
        if status == 200:
            return
        if status not in (302, 303, 307, 308) or not target:
            sys.exit(f"browser: {url.split('?')[0]}: expected 200 or a redirect, got {status}")
        url = urllib.parse.urljoin(url, target)
    sys.exit("browser: more than 5 redirects")


main(sys.argv[1])
