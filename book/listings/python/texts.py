import socket
import time


def attempt(label, call):
    try:
        print(f"{label}: {call()!r}")
    except OSError as error:
        print(f"{label}: {type(error).__name__}: {error}")
    time.sleep(0.1)


def connection(port):
    s = socket.create_connection(("127.0.0.1", port))
    s.send(b"x")
    time.sleep(0.1)
    return s


s = connection(7001)
attempt("reset, read", lambda: s.recv(10))
attempt("reset, read again", lambda: s.recv(10))

s = connection(7001)
attempt("reset, write", lambda: s.send(b"x"))
attempt("reset, write again", lambda: s.send(b"x"))
attempt("reset, then read", lambda: s.recv(10))

s = connection(7002)
attempt("left, write", lambda: s.send(b"x"))
attempt("left, write again", lambda: s.send(b"x"))
attempt("left, then read", lambda: s.recv(10))

s = connection(7004)
s.settimeout(0.1)
attempt("silent, read", lambda: s.recv(10))
s.close()
attempt("closed by itself, read", lambda: s.recv(10))

attempt("nobody, connect", lambda: socket.create_connection(("127.0.0.1", 7003)))
