from __future__ import annotations

import pytest

from hallmark import SignatureInvalid, check_signature

# The example of the Standard Webhooks specification.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
SENT = 1614265330
HEADERS = {
    "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "Webhook-Timestamp": str(SENT),
    "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def test_published_example() -> None:
    assert check_signature(SECRET, HEADERS, BODY, now=SENT) == {"test": 2432232314}
    rotated = {**HEADERS, "Webhook-Signature": "v2,xx v1,AAAA v1,! " + HEADERS["Webhook-Signature"]}
    assert check_signature(SECRET, rotated, BODY.decode(), now=SENT + 299)


@pytest.mark.parametrize(
    ("headers", "body", "now"),
    [
        (HEADERS, BODY + b" ", SENT),
        (HEADERS, BODY, SENT + 301),
        (HEADERS, BODY, SENT - 301),
        ({**HEADERS, "Webhook-Id": "msg_other"}, BODY, SENT),
        ({**HEADERS, "Webhook-Timestamp": str(SENT + 1)}, BODY, SENT),
        ({**HEADERS, "Webhook-Timestamp": "now"}, BODY, SENT),
        ({**HEADERS, "Webhook-Signature": ""}, BODY, SENT),
        ({**HEADERS, "Webhook-Signature": HEADERS["Webhook-Signature"].replace("v1", "v2")}, BODY, SENT),
        ({}, BODY, SENT),
    ],
)
def test_anything_else_is_refused(headers: dict[str, str], body: bytes, now: int) -> None:
    with pytest.raises(SignatureInvalid):
        check_signature(SECRET, headers, body, now=now)


def test_a_malformed_secret_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        check_signature("whsec_???", HEADERS, BODY, now=SENT)
