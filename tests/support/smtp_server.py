"""A mail server for the tests, on loopback: aiosmtpd with faults on demand.

usage: smtp_server.py PORT FOLDER MODE [CERTIFICATE KEY]

MODE is `plain`, `utf8` (the same with SMTPUTF8), `starttls` (TLS or nothing, and a password), `tls`
(from the first byte) or `xoauth2` (TLS after STARTTLS, and an access token).
The only password is `hush` of `keyward`; the only token is what stands in FOLDER/token. Each message that was taken becomes a file in FOLDER.
The recipient asks for faults, each so many times, counted over all connections:
  later-N.*    answers 450
  never.*      answers 550
  dies-N.*     hangs up after the message, without taking it
  lost-N.*     takes the message and hangs up before it says so
  slow.*       takes a second for the message
While FOLDER/closed is there, everybody is turned away at the greeting; while FOLDER/unwanted is
there, every sender is.
"""

import asyncio
import base64
import collections
import re
import ssl
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult

counts = collections.Counter()


def fault(name, recipient):
    """Whether the recipient asks for this fault once more."""
    asked = re.match(name + r"-(\d+)\.", recipient)
    if asked is None or counts[recipient] >= int(asked[1]):
        return False
    counts[recipient] += 1
    return True


class Taker:
    def __init__(self, folder, over_tls):
        self.folder = folder
        self.over_tls = over_tls
        self.taken = 0

    async def auth_XOAUTH2(self, server, args):
        said = base64.b64decode(args[1]).decode()
        token = (self.folder / "token").read_text()
        if said == f"user=keyward\1auth=Bearer {token}\1\1":
            return AuthResult(success=True)
        trouble = base64.b64encode(b'{"status":"401","schemes":"bearer"}').decode()
        await server.push(f"334 {trouble}")
        await server._reader.readline()
        return AuthResult(success=False, handled=False)

    async def handle_MAIL(self, server, session, envelope, address, options):
        if (self.folder / "unwanted").exists():
            return "553 5.7.1 not this sender"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("never."):
            return "550 5.1.1 no such mailbox"
        if fault("later", address):
            return "450 4.2.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        recipient = envelope.rcpt_tos[0]
        if fault("dies", recipient):
            server.transport.abort()
            return "451 gone"
        if recipient.startswith("slow."):
            await asyncio.sleep(1)
        self.taken += 1
        secured = "tls" if self.over_tls or session.ssl else "plain"
        name = f"{self.taken:06}-{secured}"
        lines = f"X-Recipient: {recipient}\r\n".encode() + envelope.content
        (self.folder / f"{name}.part").write_bytes(lines)
        (self.folder / f"{name}.part").rename(self.folder / f"{name}.eml")
        if fault("lost", recipient):
            server.transport.abort()
        return "250 taken"


class Closed(asyncio.Protocol):
    def connection_made(self, transport):
        transport.write(b"554 5.3.2 closed for maintenance\r\n")
        transport.close()


def password(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"keyward", b"hush"))


async def serve():
    port, folder, mode = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    context = None
    if mode not in ("plain", "utf8"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[4], sys.argv[5])
    taker = Taker(folder, mode == "tls")

    def protocol():
        if (folder / "closed").exists():
            return Closed()
        if mode == "starttls":
            return SMTP(
                taker,
                tls_context=context,
                require_starttls=True,
                authenticator=password,
                auth_required=True,
            )
        if mode == "xoauth2":
            return SMTP(
                taker,
                tls_context=context,
                require_starttls=True,
                auth_required=True,
                auth_exclude_mechanism=["LOGIN", "PLAIN"],
            )
        return SMTP(taker, enable_SMTPUTF8=mode == "utf8")

    loop = asyncio.get_running_loop()
    over = context if mode == "tls" else None
    server = await loop.create_server(protocol, "127.0.0.1", port, ssl=over)
    await server.serve_forever()


asyncio.run(serve())
