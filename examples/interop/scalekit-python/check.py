"""Scalekit's Python SDK at the mock: `check.py READY`, the readiness line of the mock.

What the SDK asks by REST must work: tokens of the mock, its key set, its webhooks. What it asks by gRPC alone must
fail, so that this is noticed when it changes. Prints a line per check; the first that fails ends it with exit code 1.
"""

import asyncio
import json
import sys

from scalekit import ScalekitClient
from scalekit.common.exceptions import ScalekitServerException, WebhookVerificationError
from scalekit.common.scalekit import TokenValidationOptions

from checks import Failed, expect, expect_that, run_checks
from mock import Mock, Receiver

# What the SDK is to refuse, by the names of the mock's defects.
REFUSED = [
    "expired", "not-yet-valid", "wrong-issuer", "issuer-of-another-resource", "issuer-with-slash", "without-issuer",
    "wrong-audience", "without-audience", "unknown-kid", "wrong-key", "corrupt-signature", "alg-none", "wrong-algorithm",
    "hs256-with-public-key", "truncated",
]
# What it accepts, though RFC 9068 or RFC 7519 say otherwise: a server has to check these itself.
ACCEPTED = ["without-exp", "wrong-type", "without-subject"]

# What lists organizations.
GRPC = "/scalekit.v1.organizations.OrganizationService/ListOrganization"

MODES = {
    "in-order": None,
    "stale-timestamp": "too old",
    "future-timestamp": "too new",
    "forged-signature": "Invalid signature",
    "wrong-secret": "Invalid signature",
    "altered-body": "Invalid signature",
}


def tokens(mock, client):
    options = TokenValidationOptions(issuer=mock.environment, audience=[mock.resource])
    good = mock.token(subject="usr_7", scopes=["notes:read"])
    claims = client.validate_access_token_and_get_claims(good, options=options)
    expect("good token: subject", claims["sub"], "usr_7")
    expect("good token: scopes", claims["scopes"], ["notes:read"])
    expect("good token: without options", client.validate_access_token(good), True)
    for defect in ["wrong-issuer", "wrong-audience"]:
        expect(f"accepted without options: {defect}", client.validate_access_token(mock.token(defect)), True)

    def accepts(token, **other):
        wanted = {"issuer": mock.environment, "audience": [mock.resource], **other}
        return client.validate_access_token(token, options=TokenValidationOptions(**wanted))

    for what, is_accepted, token, other in [
        ("its scope is required", True, good, {"required_scopes": ["notes:read"]}),
        ("another scope is required", False, good, {"required_scopes": ["notes:write"]}),
        ("another audience is expected", False, good, {"audience": ["res_2"]}),
        ("the issuer of the resource is expected", False, good, {"issuer": mock.issuer}),
        ("both issuers are expected", True, good, {"issuer": [mock.environment, mock.issuer]}),
    ]:
        expect(f"good token, {what}", accepts(token, **other), is_accepted)
    below = mock.token(claims={"iss": mock.issuer})
    expect("token of the issuer of the resource", accepts(below, issuer=mock.issuer), True)
    expect("the same, both issuers are expected", accepts(below, issuer=[mock.environment, mock.issuer]), True)
    expect("the same, the environment is expected", accepts(below), False)
    for defect in REFUSED:
        expect(f"refused: {defect}", accepts(mock.token(defect)), False)
    for defect in ACCEPTED:
        expect(f"accepted by the SDK: {defect}", accepts(mock.token(defect)), True)


def rotation(mock, client):
    """The SDK fetches the keys once: a token of a new key needs a new client."""
    mock.post("keys/rotate", {})
    token = mock.token()
    expect("new key: the old client refuses its tokens", client.validate_access_token(token), False)
    expect("new key: a new client accepts them", sdk(mock).validate_access_token(token), True)


def management(mock, client):
    """The SDK gets its token by REST, and uses it by gRPC."""
    token = client.get_client_access_token()
    expect("client credentials: a JWT", token.count("."), 2)
    expect("client credentials: at the constructor too", client.core_client.access_token.count("."), 2)
    try:
        ScalekitClient(mock.environment, mock.client[0], "wrong")
    except ScalekitServerException as error:
        expect("client credentials: a wrong secret", error.http_status, 401)
    else:
        raise Failed("client credentials: expected a refusal of a wrong secret")
    status, answer = mock.listed("organizations", client.core_client.access_token)
    expect("its token by REST: status", status, 200)
    found = [each["id"] for each in answer["organizations"]]
    expect("its token by REST: organizations", found, ["org_1000000001"])
    try:
        client.organization.list_organizations(page_size=10)
    except ScalekitServerException as error:
        # The mock answers 404, as to every path that it does not serve.
        expect("its own call, by gRPC: fails", type(error).__name__, "ScalekitNotImplementedException")
        expect("its own call, by gRPC: path", mock.requests()[-1]["path"], GRPC)
    else:
        raise Failed("list_organizations: expected gRPC alone; if it speaks REST now, compare the organizations")


def webhooks(mock, client):
    receiver = Receiver()
    secret = mock.post("webhooks", {"url": receiver.url})["secrets"][0]
    for mode, refusal in MODES.items():
        mock.post("deliveries/mode", {"mode": mode})
        mock.post("events", {"type": "organization.sso_enabled"})
        headers, body = receiver.next()
        expect(f"webhook {mode}: type", json.loads(body)["type"], "organization.sso_enabled")
        try:
            verdict = client.verify_webhook_payload(secret, headers, body)
        except WebhookVerificationError as error:
            verdict = str(error)
        expect_that(
            f"webhook {mode}: {'accepted' if refusal is None else 'refused'}",
            verdict is True if refusal is None else refusal in str(verdict),
            refusal or True,
            verdict,
        )


def sdk(mock):
    return ScalekitClient(mock.environment, *mock.client)


async def main(ready):
    mock = Mock(json.loads(ready))
    client = sdk(mock)
    tokens(mock, client)
    webhooks(mock, client)
    await asyncio.to_thread(management, mock, client)
    rotation(mock, client)


if __name__ == "__main__":
    run_checks(main(*sys.argv[1:]))
