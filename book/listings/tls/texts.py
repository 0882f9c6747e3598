import socket
import ssl
import sys

print("Python", sys.version.split()[0], ssl.OPENSSL_VERSION)
context = ssl._create_unverified_context()
for ragged in (True, False):
    print(f"suppress_ragged_eofs={ragged}")
    for label, port in (("goodbye", 7443), ("truncation", 7444), ("reset", 7445)):
        raw = socket.create_connection(("127.0.0.1", port))
        connection = context.wrap_socket(raw, suppress_ragged_eofs=ragged)
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        try:
            while True:
                part = connection.recv(1000)
                print(f"{label}: read {len(part)}")
                if not part:
                    break
        except OSError as error:
            print(f"{label}: {type(error).__name__}: {error}")
