import socket
import time


# ANCHOR: close
def answer_and_close(connection, answer, seconds=5, bytes_max=10_000_000):
    """Closes so that the answer arrives, although the peer is still sending."""
    connection.sendall(answer)
    connection.shutdown(socket.SHUT_WR)
    deadline = time.monotonic() + seconds
    try:
        while bytes_max > 0 and (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            part = connection.recv(65536)
            if not part:
                break
            bytes_max -= len(part)
    except OSError:
        pass  # the peer reset, or the time is over: nothing to save any more
    finally:
        connection.close()
# ANCHOR_END: close


listener = socket.create_server(("127.0.0.1", 7010))
peer, _ = listener.accept()
peer.recv(1000)
answer_and_close(peer, b"413")
