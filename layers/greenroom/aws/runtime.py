"""Signed POST requests by the AWS Common Runtime: its signer, credentials, sockets and TLS."""

import hashlib
import os
from collections import deque
from concurrent.futures import Future
from functools import cached_property
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from weakref import WeakSet

from awscrt.auth import AwsCredentialsProvider, AwsSigningConfig, aws_sign_request
from awscrt.http import HttpClientConnection, HttpHeaders, HttpRequest
from awscrt.io import (
    ClientBootstrap,
    ClientTlsContext,
    DefaultHostResolver,
    EventLoopGroup,
    SocketOptions,
    TlsContextOptions,
)
from botocore.exceptions import (
    ConnectionClosedError,
    CredentialRetrievalError,
    EndpointConnectionError,
    ReadTimeoutError,
)

Headers = dict[str, str]


class Response(NamedTuple):
    """An HTTP response; header names are in lower case."""

    status: int
    headers: Headers
    body: bytes


class Runtime:
    """What all connections of a process share, made at first use."""

    def __init__(self, provider: AwsCredentialsProvider | None = None) -> None:
        self.endpoints: WeakSet[Endpoint] = WeakSet()
        self._provider = provider

    @cached_property
    def bootstrap(self) -> ClientBootstrap:
        """One thread for all I/O."""
        group = EventLoopGroup(1)
        return ClientBootstrap(group, DefaultHostResolver(group))

    @cached_property
    def credentials(self) -> AwsCredentialsProvider:
        """The environment's keys, else those of the profile or the container, renewed in time."""
        if self._provider is not None:
            return self._provider
        if os.environ.get("AWS_ACCESS_KEY_ID"):
            return AwsCredentialsProvider.new_environment()
        return AwsCredentialsProvider.new_default_chain(self.bootstrap)

    @cached_property
    def tls(self) -> ClientTlsContext:
        """The system's trust store, or the file that ``AWS_CA_BUNDLE`` names."""
        options = TlsContextOptions()
        options.override_default_trust_store_from_path(None, os.environ.get("AWS_CA_BUNDLE"))
        return ClientTlsContext(options)

    def close(self) -> None:
        """Close all connections, threads and credentials; the next request makes them again."""
        for endpoint in self.endpoints:
            endpoint.close()
        for name in ("bootstrap", "credentials", "tls"):
            self.__dict__.pop(name, None)


class Endpoint:
    """Kept connections to one service, shared by threads. Each serves one request at a time."""

    def __init__(self, url: str, service: str, region: str, runtime: Runtime) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"not an endpoint: {url!r}")
        self._url, self._netloc, self._secure = url, parts.netloc, parts.scheme == "https"
        self._address = (parts.hostname, parts.port or (443 if self._secure else 80))
        self._scope, self._runtime = {"service": service, "region": region}, runtime
        # Last in, first out: connections that are not needed grow old, and the service closes them.
        self._idle: deque[HttpClientConnection] = deque()
        runtime.endpoints.add(self)

    def post(self, body: bytes, headers: Headers, *, connect: float, read: float) -> Response:
        """Sign and send a request; ``connect`` and ``read`` are timeouts in seconds.

        Raises ``CredentialRetrievalError`` or ``EndpointConnectionError`` if nothing was sent, else
        ``ReadTimeoutError`` or ``ConnectionClosedError``: the request may have been executed.
        """
        request = self._sign(body, headers, connect + read)
        reused = self._take_idle()
        connection = reused or self._connect(connect)
        received, chunks = Headers(), list[bytes]()

        def on_response(headers: list[tuple[str, str]], **_: Any) -> None:
            received.update((name.lower(), value) for name, value in headers)

        complete = False
        try:
            stream = connection.request(request, on_response, lambda chunk, **_: chunks.append(bytes(chunk)))
            stream.activate()
            status = stream.completion_future.result(read)
            content = b"".join(chunks)
            length = received.get("content-length")
            complete = length == str(len(content)) if length else "transfer-encoding" in received
        except TimeoutError as error:
            raise ReadTimeoutError(endpoint_url=self._url) from error
        except Exception as error:
            raise ConnectionClosedError(endpoint_url=self._url) from error
        finally:
            if complete:
                self._idle.append(connection)
            else:
                connection.close()
                if reused:  # connections that were idle for longer are dead too, as after a freeze
                    self.close()
        if not complete:  # bytes of a second response, or a body whose end is not known
            raise ConnectionClosedError(endpoint_url=self._url)
        return Response(status, received, content)

    def close(self) -> None:
        """Close the idle connections."""
        while connection := self._take_idle():
            connection.close()

    def _sign(self, body: bytes, headers: Headers, seconds: float) -> HttpRequest:
        sent = {**headers, "host": self._netloc, "content-length": str(len(body))}
        request = HttpRequest("POST", "/", HttpHeaders(list(sent.items())), BytesIO(body))
        digest = hashlib.sha256(body).hexdigest()
        provider = self._runtime.credentials
        config = AwsSigningConfig(credentials_provider=provider, signed_body_value=digest, **self._scope)
        try:
            return aws_sign_request(request, config).result(seconds)
        except Exception as error:
            raise CredentialRetrievalError(provider="awscrt", error_msg=type(error).__name__) from error

    def _take_idle(self) -> HttpClientConnection | None:
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread took it
                return None
            if connection.is_open():
                return connection
        return None

    def _connect(self, seconds: float) -> HttpClientConnection:
        options, tls = SocketOptions(), None
        options.connect_timeout_ms = int(1000 * seconds)
        if self._secure:
            tls = self._runtime.tls.new_connection_options()
            tls.set_server_name(self._address[0])
        opening = HttpClientConnection.new(*self._address, self._runtime.bootstrap, options, tls)
        try:
            return opening.result(2 * seconds)  # as long again for TLS
        except Exception as error:
            opening.add_done_callback(_close)
            raise EndpointConnectionError(endpoint_url=self._url) from error


def _close(opening: "Future[HttpClientConnection]") -> None:
    if opening.exception() is None:
        opening.result().close()
