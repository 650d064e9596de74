"""Judges ceremonies with py_webauthn: one JSON object a line in, one verdict a line out."""

import json
import sys
import time

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.cose import COSEAlgorithmIdentifier

# What is offered, as far as it knows it.
ALGORITHMS = [known for known in COSEAlgorithmIdentifier if known in (-7, -8, -35, -257)]


def judge(case):
    common = {
        "credential": case["answer"],
        "expected_challenge": base64url_to_bytes(case["challenge"]),
        "expected_rp_id": case["rp_id"],
        "expected_origin": case["origins"],
        "require_user_verification": case["user_verification"],
    }
    if case["ceremony"] == "registration":
        verify_registration_response(**common, supported_pub_key_algs=ALGORITHMS)
    else:
        verify_authentication_response(
            **common,
            credential_public_key=base64url_to_bytes(case["public_key"]),
            credential_current_sign_count=case["sign_count"],
        )


def measure(case):
    """Seconds of processor time that one judgement takes."""
    started = time.process_time()
    for _ in range(case["times"]):
        judge(case)
    return (time.process_time() - started) / case["times"]


for line in sys.stdin:
    case = json.loads(line)
    try:
        if "times" in case:
            verdict = {"seconds": measure(case)}
        else:
            judge(case)
            verdict = {"accepted": True}
    except Exception as error:  # whatever it raises, it does not accept
        verdict = {"accepted": False, "reason": f"{type(error).__name__}: {error}"}
    print(json.dumps(verdict), flush=True)
