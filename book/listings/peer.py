"""The other side of every `texts` listing: two ways of ending a connection, and one of not ending it.

7001 resets: it takes one byte and closes with SO_LINGER {1, 0}, so a RST leaves and no FIN.
7002 leaves: it takes one byte and closes; a FIN leaves, and whatever comes later is answered with a RST.
Nobody listens on 7003.
7004 is silent: it takes one byte, and waits until the other side has gone.
"""

import socket
import struct
import threading


def serve(port, farewell):
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        connection, _ = listener.accept()
        connection.recv(1)
        farewell(connection)
        connection.close()


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def leave(connection):
    pass


def stay_silent(connection):
    connection.recv(1)


threading.Thread(target=serve, args=(7001, reset), daemon=True).start()
threading.Thread(target=serve, args=(7004, stay_silent), daemon=True).start()
serve(7002, leave)
