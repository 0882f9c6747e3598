"""The other side of the `retry` listings: an HTTP/1.1 server on port 7080 that reads a request and closes without an answer.

It does so the first time that a path is asked for which has `lost` in it. Asked again, it answers how often it was
asked: a client that gets `2` has sent its request twice. Any other path gets its answer at once, and the connection
stays open.
"""

import socket
import threading

ASKED = {}


def request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(4096)
        if not part:
            return None
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(4096)
    return head.split()[1]


def meet(connection):
    with connection:
        while path := request(connection):
            ASKED[path] = ASKED.get(path, 0) + 1
            if b"lost" in path and ASKED[path] == 1:
                return
            count = str(ASKED[path]).encode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(count), count))


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 7080))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=meet, args=(connection,), daemon=True).start()
