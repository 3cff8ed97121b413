"""Tests of a verifier of access tokens, as a Python MCP server has it.

mock-scalekit run --env-prefix MOCK -- python -m pytest
"""

import jwt
import pytest


class Verifier:
    """What is tested: PyJWT with the rules that Scalekit's documentation gives."""

    def __init__(self, environment_url, resource_id, cooldown_duration=30):
        self.keys = jwt.PyJWKClient(f"{environment_url}/keys", cooldown_duration=cooldown_duration)
        self.issuers = [environment_url, f"{environment_url}/resources/{resource_id}"]
        self.resource_id = resource_id

    def verify(self, token):
        return jwt.decode(
            token,
            self.keys.get_signing_key_from_jwt(token).key,
            algorithms=["RS256"],
            audience=self.resource_id,
            issuer=self.issuers,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )


@pytest.fixture
def verifier(issuer):
    # Here keys rotate faster than in life.
    return Verifier(issuer.environment_url, issuer.resource_id, cooldown_duration=0)


def test_a_good_token_is_accepted(issuer, verifier):
    claims = verifier.verify(issuer.token(subject="usr_7", scopes=["notes:read"]))
    assert claims["sub"] == "usr_7"
    assert claims["scope"] == "notes:read"


@pytest.mark.parametrize(
    "defect",
    ["expired", "not-yet-valid", "wrong-audience", "wrong-issuer", "wrong-key", "alg-none", "hs256-with-public-key"],
)
def test_a_token_with_one_thing_wrong_is_refused(issuer, verifier, defect):
    verifier.verify(issuer.token())  # Otherwise the next would prove nothing.
    with pytest.raises(jwt.PyJWTError):
        verifier.verify(issuer.token(defects=[defect]))


def test_new_keys_are_found(issuer, verifier):
    verifier.verify(issuer.token())
    for step in ["publish-next", "sign-with-next", "withdraw-old"]:
        issuer.post(f"/keys/{step}")
    verifier.verify(issuer.token())
    assert len(issuer.requests("keys")) == 2


def test_an_outage_is_told_from_a_bad_token(issuer, verifier):
    issuer.post("/faults", {"endpoint": "keys", "fault": {"status": 503}})
    with pytest.raises(jwt.PyJWKClientConnectionError):
        verifier.verify(issuer.token())
