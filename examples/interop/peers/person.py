"""A person with a browser, by HTTP: opens a URL, approves on the page that asks, and ends at the client."""

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser

SECONDS = 15
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
# More than any page here is long.
LONGEST_PAGE = 1 << 20


class Stop(urllib.request.HTTPRedirectHandler):
    """Returns redirects, so that each target is looked at before it is visited."""

    def redirect_request(self, *_):
        return None


class Form(HTMLParser):
    """The first form of a page: where it goes, and what it sends when its approving button is pressed."""

    def __init__(self, page):
        super().__init__()
        self.action, self.fields, self.buttons = None, {}, []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = attributes.get("action") or ""
        elif tag == "input" and attributes.get("type") == "hidden":
            self.fields[attributes.get("name")] = attributes.get("value", "")
        elif tag == "button" and attributes.get("name"):
            self.buttons.append((attributes["name"], attributes.get("value", "")))

    def approved(self):
        """The body of the request, or None when no button approves."""
        approving = [button for button in self.buttons if button[1] in ("approve", "allow")]
        if not approving:
            return None
        return urllib.parse.urlencode(self.fields | dict(approving)).encode()


class Lost(Exception):
    """The browser did not get to the client."""


def approve(url):
    """Follows the login from its authorization URL; returns the pages on which it approved: their paths."""
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stop, jar)
    pages, body = [], None
    for _ in range(10):
        parts = urllib.parse.urlsplit(url)
        if parts.hostname not in LOOPBACK:
            raise Lost(f"expected an address on this machine, got {parts.hostname}")
        try:
            answer = opener.open(url, body, timeout=SECONDS)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            status, target = answer.status, answer.headers.get("location")
            page = answer.read(LONGEST_PAGE).decode("utf-8", "replace")
        body = None
        if status in (301, 302, 303, 307, 308) and target:
            url = urllib.parse.urljoin(url, target)
            continue
        form = Form(page)
        if status == 200 and form.action is not None:
            body = form.approved()
            if body is None:
                raise Lost(f"{parts.path}: expected a form with a button that approves, got {form.buttons}")
            pages.append(parts.path)
            url = urllib.parse.urljoin(url, form.action)
            continue
        if status != 200:
            # Without its query, which has the code.
            raise Lost(f"{parts.path}: expected a page or a redirect, got status {status}")
        return pages
    raise Lost("more than 10 redirects")
