"""The other side of the `http2` listings: a server that speaks just enough HTTP/2 (RFC 9113) to end a connection.

It reads the client's preface and first request, and then, by port:
7450 answers, sends GOAWAY (last stream 1, NO_ERROR) and closes: the orderly end.
7451 answers nothing, sends GOAWAY (last stream 0, NO_ERROR) and closes: nothing was processed.
7452 answers nothing and closes, without GOAWAY.
7453 resets, without GOAWAY.
7454 sends GOAWAY (last stream 0, ENHANCE_YOUR_CALM, "too_many_pings") and resets right behind it.
Each port plus 10 is the same over TLS.
"""

import os
import socket
import ssl
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tls"))
import peer as tls  # noqa: E402

DATA, HEADERS, SETTINGS, GOAWAY = 0, 1, 4, 7
END_STREAM, END_HEADERS, ACK = 1, 4, 1
PREFACE = 24


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def goaway(last, code, text=b""):
    return frame(GOAWAY, 0, 0, struct.pack(">II", last, code) + text)


# 0x88 is `:status: 200` of HPACK's static table (RFC 7541, appendix A).
ANSWER = frame(HEADERS, END_HEADERS, 1, b"\x88") + frame(DATA, END_STREAM, 1, b"five!")
ENDS = {
    7450: (ANSWER + goaway(1, 0), False),
    7451: (goaway(0, 0), False),
    7452: (b"", False),
    7453: (b"", True),
    7454: (goaway(0, 11, b"too_many_pings"), True),
}


def read(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise OSError("the client has gone")
        data += part
    return data


def meet(connection, last_words, reset):
    connection.settimeout(3)
    read(connection, PREFACE)
    connection.sendall(frame(SETTINGS, 0, 0) + frame(SETTINGS, ACK, 0))
    kind = None
    while kind != HEADERS:
        head = read(connection, 9)
        kind = head[3]
        read(connection, struct.unpack(">I", b"\0" + head[:3])[0])
    time.sleep(0.1)
    connection.sendall(last_words)
    if reset:
        time.sleep(0.05)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        connection.shutdown(socket.SHUT_WR)
        try:
            while connection.recv(1000):
                pass
        except OSError:
            pass
    connection.close()


def serve(port, context):
    last_words, reset = ENDS[port - 10 if context else port]
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        connection, _ = listener.accept()

        def one(connection=connection):
            try:
                meet(context.wrap_socket(connection, server_side=True) if context else connection, last_words, reset)
            except OSError as error:
                print(f"  (the server on {port}: {error})")

        threading.Thread(target=one, daemon=True).start()


if __name__ == "__main__":
    context = tls.context()
    context.set_alpn_protocols(["h2"])
    for port in ENDS:
        threading.Thread(target=serve, args=(port, None), daemon=True).start()
        threading.Thread(target=serve, args=(port + 10, context), daemon=True).start()
    threading.Event().wait()
