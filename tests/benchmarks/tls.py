"""TLS in front of the emulator, as every AWS service has it: a relay of this process's own, which counts."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)
_NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the bench")])


@dataclass(slots=True)
class Relay:
    """Where it listens, the certificate in PEM of the authority that vouches for it, and what it saw."""

    url: str
    authority: Path
    accepted: int = 0
    """Connections, since it listens."""
    answered: int = 0
    """Bytes that came back from behind it, heads of answers included."""


def _signed(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, *, authority: bool
) -> bytes:
    """Return a certificate in PEM, such as strict clients take: an authority's own is no server's."""
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(_NAME, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if authority:
        usages = dict.fromkeys(_USAGES, False) | {"key_cert_sign": True}
        made = made.add_extension(x509.KeyUsage(**usages), critical=True)
    else:
        address = x509.IPAddress(ip_address("127.0.0.1"))
        made = made.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return made.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def make_certificates(folder: Path) -> tuple[Path, Path, Path]:
    """Write an authority's certificate, one for this machine that it vouches for, and the latter's key."""
    root, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    server = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the tables")])
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    authority, certificate, kept = (folder / f"{name}.pem" for name in ("authority", "certificate", "key"))
    authority.write_bytes(_signed(_NAME, root, root, authority=True))
    certificate.write_bytes(_signed(server, key, root, authority=False))
    kept.write_bytes(private)
    return authority, certificate, kept


async def _pass_on(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, passed: Callable[[int], None]
) -> None:
    with suppress(OSError):
        while block := await source.read(65536):
            passed(len(block))
            target.write(block)
            await target.drain()
    target.close()


async def _end(writers: Iterable[asyncio.StreamWriter]) -> None:
    for writer in writers:
        writer.transport.abort()
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})


@contextmanager
def running_relay(emulator_url: str, folder: Path, *, tls: bool = True) -> Iterator[Relay]:
    """Serve on a free port, by TLS or in the clear, and pass everything on to the emulator."""
    authority, certificate, key = make_certificates(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if tls else None
    if context is not None:
        context.load_cert_chain(certificate, key)
    behind, loop = urlsplit(emulator_url), asyncio.new_event_loop()
    writers: list[asyncio.StreamWriter] = []

    def came_back(count: int) -> None:
        relay.answered += count

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay.accepted += 1
        upstream, downstream = await asyncio.open_connection(behind.hostname, behind.port)
        writers.extend((writer, downstream))
        sent = _pass_on(reader, downstream, lambda _: None)
        await asyncio.gather(sent, _pass_on(upstream, writer, came_back))

    server = loop.run_until_complete(asyncio.start_server(connected, "127.0.0.1", 0, ssl=context))
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    relay = Relay(f"{'https' if tls else 'http'}://{address}", authority)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(_end(writers))
        loop.close()
