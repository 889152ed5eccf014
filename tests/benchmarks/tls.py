"""TLS in front of the emulator, as every AWS service has it: a relay of this process's own."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the bench")])


@dataclass(slots=True)
class Relay:
    """Where it listens, the certificate in PEM of the authority that vouches for it, and what it saw."""

    url: str
    authority: Path
    accepted: int = 0
    """Connections, since it listens."""


def _signed(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, *, authority: bool
) -> bytes:
    """Return a certificate in PEM. An authority's own must not be a server's: some clients refuse that."""
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(_NAME, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if not authority:
        address = x509.IPAddress(ip_address("127.0.0.1"))
        made = made.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return made.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _certify(folder: Path) -> tuple[Path, Path, Path]:
    """Make an authority and a server that it vouches for: its certificate, the server's, the server's key."""
    root, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    server = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the tables")])
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    files = {
        "authority.pem": _signed(_NAME, root, root, authority=True),
        "certificate.pem": _signed(server, key, root, authority=False),
        "key.pem": private,
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    authority, certificate, kept = (folder / name for name in files)
    return authority, certificate, kept


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while block := await source.read(65536):
            target.write(block)
            await target.drain()
    target.close()


@contextmanager
def running_relay(emulator_url: str, folder: Path) -> Iterator[Relay]:
    """Serve TLS on a free port and pass everything on to the emulator."""
    authority, certificate, key = _certify(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    behind, loop = urlsplit(emulator_url), asyncio.new_event_loop()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay.accepted += 1
        upstream, downstream = await asyncio.open_connection(behind.hostname, behind.port)
        await asyncio.gather(_pass_on(reader, downstream), _pass_on(upstream, writer))

    server = loop.run_until_complete(asyncio.start_server(connected, "127.0.0.1", 0, ssl=context))
    relay = Relay(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", authority)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
