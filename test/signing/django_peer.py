"""Makes random tokens with django.core.signing and the reset token generator, and reads the ones it is given."""
import datetime
import os
import time

from django.conf import settings

settings.configure(SECRET_KEY="set for each case", USE_TZ=True)
os.environ["TZ"] = "Asia/Shanghai"  # as Django does for its TIME_ZONE where it is not configured in code
time.tzset()

from django.contrib.auth.tokens import PasswordResetTokenGenerator  # noqa: E402
from django.core import signing  # noqa: E402

from random_values import answer, chance, compact, text, value  # noqa: E402


class User:
    def __init__(self, pk, password, last_login, email):
        self.pk, self.password, self.email = pk, password, email
        self.last_login = None if last_login is None else datetime.datetime.fromtimestamp(last_login, datetime.timezone.utc)

    def get_email_field_name(self):
        return "email"


class Generator(PasswordResetTokenGenerator):
    def __init__(self, now):
        super().__init__()
        self.now = now

    def _now(self):
        return datetime.datetime.fromtimestamp(self.now)


def dumps(case, payload):
    return signing.dumps(payload, key=case["key"], salt=case["salt"], compress=case["compress"])


def make_object():
    payload = value()
    case = {"key": "key " + text(), "salt": "salt " + text(), "compress": chance.choice([True, False])}
    return {**case, "json": compact(payload), "token": dumps(case, payload)}


def make_text():
    case = {"key": "key " + text(), "salt": "salt " + text(), "sep": chance.choice([":", "/", "*sep*", ","])}
    plain = text(40)
    signer = signing.Signer(key=case["key"], salt=case["salt"], sep=case["sep"])
    return {**case, "text": plain, "token": signer.sign(plain)}


def make_cookie():
    settings.SECRET_KEY = "key " + text()
    case = {"key": settings.SECRET_KEY, "salt": "cookie" + text(), "text": text(40)}
    return {**case, "token": signing.get_cookie_signer(salt=case["salt"]).sign(case["text"])}


def read_cookie(case):
    settings.SECRET_KEY = case["key"]
    return signing.get_cookie_signer(salt=case["salt"]).unsign(case["token"], max_age=10)


def make_reset(now):
    settings.SECRET_KEY = "key " + text()
    made_at = now - chance.randrange(400_000)
    user = [chance.randrange(10**6), text(30), chance.choice([None, now - 0.25 - chance.randrange(10**7)]), text()]
    token = Generator(made_at).make_token(User(*user))
    is_good = Generator(now).check_token(User(*user), token)
    return {"key": settings.SECRET_KEY, "user": user, "made_at": made_at, "token": token, "is_good": is_good}


def check_reset(case, now):
    settings.SECRET_KEY = case["key"]
    return Generator(now).check_token(User(*case["user"]), case["token"])


def handle(request):
    now, each = request["now"], range(request["each"])
    time.time = lambda: now + 0.5
    return {
        "objects": [make_object() for _ in each],
        "texts": [make_text() for _ in each],
        "cookies": [make_cookie() for _ in each],
        "resets": [make_reset(now) for _ in each],
        "read_objects": [
            compact(signing.loads(case["token"], key=case["key"], salt=case["salt"], max_age=10))
            for case in request["objects"]
        ],
        "read_texts": [
            signing.Signer(key=case["key"], salt=case["salt"], sep=case["sep"]).unsign(case["token"])
            for case in request["texts"]
        ],
        "read_cookies": [read_cookie(case) for case in request["cookies"]],
        "checked_resets": [check_reset(case, now) for case in request["resets"]],
    }


answer(handle)
