"""The mail servers of the tests, on loopback: aiosmtpd with faults on demand, and a reader of mail.

usage: smtp_server.py FILE

One process serves all tests that run: starting Python costs more than most of them. It listens on
a port of its own choice, which it writes to FILE, and takes one request a connection, a line of
JSON, answered by another one:
  {"serve": PORT, "folder": FOLDER, "mode": MODE}
      serves mail on PORT for as long as the connection is open; closes it when all is over
  {"read": [FILE, ...]}
      the messages in these files, read by the library's own reader, which is independent of
      whatever wrote them

MODE is `plain`, `utf8` (the same with SMTPUTF8), `starttls` (TLS or nothing, and a password), `tls`
(from the first byte) or `xoauth2` (TLS after STARTTLS, and an access token). The certificate is
FOLDER/certificate.pem, its key FOLDER/key.pem.
The only password is `hush` of `keyward`; the only token is what stands in FOLDER/token. Each message
that was taken becomes a file in FOLDER.
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
import email
import email.policy
import json
import re
import ssl
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult

class Taker:
    def __init__(self, folder, over_tls):
        self.folder = folder
        self.over_tls = over_tls
        self.taken = 0
        self.counts = collections.Counter()

    def fault(self, name, recipient):
        """Whether the recipient asks for this fault once more."""
        asked = re.match(name + r"-(\d+)\.", recipient)
        if asked is None or self.counts[recipient] >= int(asked[1]):
            return False
        self.counts[recipient] += 1
        return True

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
        if self.fault("later", address):
            return "450 4.2.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        recipient = envelope.rcpt_tos[0]
        if self.fault("dies", recipient):
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
        if self.fault("lost", recipient):
            server.transport.abort()
        return "250 taken"


class Closed(asyncio.Protocol):
    def connection_made(self, transport):
        transport.write(b"554 5.3.2 closed for maintenance\r\n")
        transport.close()


def password(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"keyward", b"hush"))


async def serve(port, folder, mode):
    """Starts a server; gives back what ends it, with its connections."""
    context = None
    if mode not in ("plain", "utf8"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    taker = Taker(folder, mode == "tls")
    spoken_to = []

    def protocol():
        if (folder / "closed").exists():
            return Closed()
        if mode == "starttls":
            one = SMTP(
                taker,
                tls_context=context,
                require_starttls=True,
                authenticator=password,
                auth_required=True,
            )
        elif mode == "xoauth2":
            one = SMTP(
                taker,
                tls_context=context,
                require_starttls=True,
                auth_required=True,
                auth_exclude_mechanism=["LOGIN", "PLAIN"],
            )
        else:
            one = SMTP(taker, enable_SMTPUTF8=mode == "utf8")
        spoken_to.append(one)
        return one

    over = context if mode == "tls" else None
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port, ssl=over)

    def end():
        server.close()
        for one in spoken_to:
            if one.transport is not None:
                one.transport.abort()

    return end


def message(path):
    with open(path, "rb") as file:
        read = email.message_from_binary_file(file, policy=email.policy.default)
    fields = {"to": read["X-Recipient"], "subject": read["Subject"]}
    parts = {"text": "plain", "html": "html"}
    return fields | {name: read.get_body((kind,)).get_content() for name, kind in parts.items()}


async def answer(reader, writer):
    asked = json.loads(await reader.readline())
    if "read" in asked:
        writer.write(json.dumps([message(path) for path in asked["read"]]).encode() + b"\n")
    else:
        end = await serve(asked["serve"], Path(asked["folder"]), asked["mode"])
        writer.write(b"{}\n")
        await writer.drain()
        await reader.read()
        end()
    writer.close()


async def main():
    # A message is a line of an answer, and so are the names of many.
    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=2**24)
    port = server.sockets[0].getsockname()[1]
    file = Path(sys.argv[1])
    file.with_suffix(".part").write_text(str(port))
    file.with_suffix(".part").rename(file)
    await server.serve_forever()


asyncio.run(main())
