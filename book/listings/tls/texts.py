import socket
import ssl
import sys

print("Python", sys.version.split()[0], ssl.OPENSSL_VERSION)
context = ssl._create_unverified_context()
for ragged, asked in ((True, "as it is"), (False, "not suppressed")):
    for label, port in (("goodbye", 7443), ("truncation", 7444), ("reset", 7445)):
        raw = socket.create_connection(("127.0.0.1", port))
        connection = context.wrap_socket(raw, suppress_ragged_eofs=ragged)
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        try:
            while True:
                part = connection.recv(1000)
                print(f"{asked}, {label}: {f'read {len(part)}' if part else part}")
                if not part:
                    break
        except OSError as error:
            print(f"{asked}, {label}: {type(error).__name__}: {error}")
