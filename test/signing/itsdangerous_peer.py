"""Makes random tokens with itsdangerous, and reads the ones it is given."""
import hashlib
import json
import time

import itsdangerous
from itsdangerous import HMACAlgorithm, Signer
from itsdangerous.encoding import base64_decode, base64_encode

from random_values import answer, chance, compact, text, value

DIGESTS = ["sha1", "sha256", "sha384", "sha512", "md5", "sha3_256"]
DERIVATIONS = ["concat", "django-concat", "hmac", "none"]
JWS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


def signer_kwargs(options):
    kwargs = dict(options)
    if "digest_method" in kwargs:
        kwargs["digest_method"] = getattr(hashlib, kwargs["digest_method"])
    return kwargs


def jws_signer(case):
    """The signer of the JWS classes, which itsdangerous dropped with 2.1."""
    algorithm = HMACAlgorithm(getattr(hashlib, JWS[case["algorithm_name"]]))
    salt = {"key_derivation": "none"} if case["salt"] is None else {"salt": case["salt"]}
    return Signer(case["keys"], algorithm=algorithm, **salt)


def jws_dumps(case, payload):
    header = {"alg": case["algorithm_name"], "iat": int(time.time()), "exp": int(time.time()) + 3600}
    parts = b".".join(base64_encode(compact(part)) for part in (header, payload))
    return jws_signer(case).sign(parts).decode()


def jws_loads(case, token):
    header, payload = jws_signer(case).unsign(token).split(b".", 1)
    assert json.loads(base64_decode(header))["alg"] == case["algorithm_name"]
    return json.loads(base64_decode(payload))


def tool(case):
    cls = getattr(itsdangerous, case["class"])
    if issubclass(cls, Signer):
        return cls(case["keys"], salt=case["salt"], **signer_kwargs(case["signer_kwargs"]))
    return cls(case["keys"], salt=case["salt"], signer_kwargs=signer_kwargs(case["signer_kwargs"]))


def random_case(cls):
    kwargs = {"key_derivation": chance.choice(DERIVATIONS), "digest_method": chance.choice(DIGESTS)}
    return {
        "class": cls,
        "keys": ["key " + text() for _ in range(chance.randrange(1, 4))],
        "salt": chance.choice([None, "salt " + text()]) if cls.startswith("TimedJSON") else "salt " + text(),
        "signer_kwargs": chance.choice([{}, kwargs]),
        "algorithm_name": chance.choice(list(JWS)),
    }


def make(cls):
    case = random_case(cls)
    if cls.endswith("Signer"):
        plain = text(40)
        return {**case, "text": plain, "token": tool(case).sign(plain).decode()}
    payload = value()
    token = jws_dumps(case, payload) if cls.startswith("TimedJSON") else tool(case).dumps(payload)
    return {**case, "json": compact(payload), "token": token}


def read(case):
    age = {"max_age": 10} if "Time" in case["class"] else {}
    if case["class"].startswith("TimedJSON"):
        return compact(jws_loads(case, case["token"]))
    if case["class"].endswith("Signer"):
        return tool(case).unsign(case["token"], **age).decode()
    return compact(tool(case).loads(case["token"], **age))


def handle(request):
    time.time = lambda: request["now"] + 0.5
    made = [make(cls) for cls in request["classes"] for _ in range(request["each"])]
    return {"made": made, "read": [read(case) for case in request["read"]]}


answer(handle)
