"""Sends a mail through Django to the server that the JSON on standard input names; prints what Django said."""
import json
import smtplib
import ssl
import sys

from django.conf import settings

case = json.load(sys.stdin)
settings.configure(
    EMAIL_HOST=case["host"],
    EMAIL_PORT=case["port"],
    EMAIL_HOST_USER=case["user"],
    EMAIL_HOST_PASSWORD=case["password"],
    EMAIL_USE_TLS=case.get("tls", False),
    EMAIL_USE_SSL=case.get("ssl", False),
    DEFAULT_FROM_EMAIL=case["from"],
    USE_TZ=True,
)
if case.get("ca"):
    make_context = ssl.create_default_context

    def trusting(*_args, **_options):
        context = make_context(cadata=case["ca"])
        context.check_hostname = False
        return context

    # Neither Django nor smtplib can be told an authority; these are what they call for a context.
    ssl._create_stdlib_context = ssl.create_default_context = trusting

from django.core.mail import EmailMultiAlternatives, send_mail  # noqa: E402

try:
    if case.get("simple"):
        sent = send_mail("Simple", "Text\n.\n..dots\nFrom here", None, ["ann@x.cn"])
    else:
        mail = EmailMultiAlternatives(
            subject="订单 ✓ Ihre Bestellung",
            body="第一行\nGrüße\n.\n" + "long " * 300 + "\n",
            from_email=case["from"],
            to=["王小明 <ann@x.cn>"],
            cc=["bob@x.cn"],
            bcc=["secret@x.cn"],
            headers=case.get("headers", {}),
        )
        mail.attach_alternative("<p>第一行 <b>Grüße</b></p>", "text/html")
        mail.attach("报告.pdf", bytes(range(256)) * 20, "application/pdf")
        sent = mail.send()
    answer = {"sent": sent}
except (smtplib.SMTPException, OSError) as error:
    codes = getattr(error, "smtp_code", 0)
    words = getattr(error, "smtp_error", b"")
    answer = {"error": type(error).__name__, "code": codes, "text": words.decode() if isinstance(words, bytes) else str(words)}
print(json.dumps(answer))
