"""The ports that people use."""

import socket

from local.ports import port_of, reserve


def test_what_a_port_accepts_is_known_as_tcp_so_that_answers_are_not_held_back() -> None:
    # asyncio turns Nagle's algorithm off for what says that it is TCP, and for nothing else.
    with reserve(0) as listening:
        listening.listen()
        with socket.create_connection(("127.0.0.1", port_of(listening))):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.proto == socket.IPPROTO_TCP
