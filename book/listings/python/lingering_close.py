import socket
import sys
import time


# ANCHOR: close
def answer_and_close(connection, answer, seconds=5, bytes_max=10_000_000):
    """Closes so that the answer arrives, although the peer is still sending. Whether the peer ended its stream in time."""
    deadline = time.monotonic() + seconds
    with connection:  # closed on every path
        try:
            connection.settimeout(seconds)  # for sendall it bounds the whole call
            connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)
            while bytes_max > 0 and (left := deadline - time.monotonic()) > 0:
                connection.settimeout(left)
                part = connection.recv(65536)
                if not part:
                    return True  # nothing is unread
                bytes_max -= len(part)
        except OSError:
            pass  # the peer reset, or the time is over: nothing to save any more
    return False
# ANCHOR_END: close


port, length, seconds = (int(word) for word in sys.argv[1:])
listener = socket.create_server(("127.0.0.1", port))
peer, _ = listener.accept()
peer.recv(1000)
print("gently" if answer_and_close(peer, b"4" * length, seconds) else "not gently")
