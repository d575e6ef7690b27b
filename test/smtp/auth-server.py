"""An aiosmtpd that wants a log-in: reads its settings from the first line of standard input, prints its port, and ends with its input."""
import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

settings = json.loads(sys.stdin.readline())
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(settings["certFile"], settings["keyFile"])
wanted = (settings["user"].encode(), settings["password"].encode())


def authenticate(_server, _session, _envelope, _mechanism, given):
    # Not handled: the refusal is left to the server.
    return AuthResult(success=(given.login, given.password) == wanted, handled=False)


class Handler:
    async def handle_DATA(self, _server, session, envelope):
        return f"250 taken from {session.authenticated} {len(envelope.content)}"


def protocol():
    return SMTP(
        Handler(),
        authenticator=authenticate,
        auth_required=True,
        tls_context=None if settings["implicit"] else context,
        require_starttls=not settings["implicit"],
        auth_require_tls=not settings["implicit"],
        auth_exclude_mechanism=settings["without"],
    )


async def main():
    loop = asyncio.get_running_loop()
    tls = context if settings["implicit"] else None
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
