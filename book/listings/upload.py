"""Uploads more than the server of a `lingering close` listing wants, as a client should: after a failed write it reads."""

import socket

connection = socket.create_connection(("127.0.0.1", 7010))
sent = 0
try:
    while sent < 3_000_000:
        sent += connection.send(b"x" * 65536)
    connection.shutdown(socket.SHUT_WR)
    print("uploaded all")
except OSError as error:
    print(f"the upload ended with {error}")
try:
    while part := connection.recv(1000):
        print(f"the server said {part!r}")
    print("then the end of the stream")
except OSError as error:
    print(f"then {error}")
