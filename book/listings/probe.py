"""Probes a server in the two ways of health checks: `python3 probe.py PORT` resets at once, then says goodbye at once."""

import socket
import struct
import sys
import time

address = ("127.0.0.1", int(sys.argv[1]))

connection = socket.create_connection(address)
connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
connection.close()
time.sleep(0.5)

connection = socket.create_connection(address)
connection.close()
