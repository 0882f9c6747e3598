"""The other side of the `tls` listings: a TLS server that answers one request, and ends in three ways.

7443 says goodbye in TLS (close_notify) and in TCP (FIN).
7444 sends a FIN without close_notify: a truncation, as far as TLS can tell.
7445 resets: it closes with SO_LINGER {1, 0}.

The answer is HTTP without a length, so that only the end of the stream can end it. The certificate is made anew at
each start, by the command `openssl`; nobody may check it.
"""

import os
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time

ANSWER = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nfive!"


def context():
    folder = tempfile.mkdtemp()
    key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate, key)
    return made


def goodbye(connection):
    connection.unwrap().close()


def truncate(connection):
    socket.socket(fileno=connection.detach()).close()


def reset(connection):
    time.sleep(0.1)  # the answer is read before, where it is read at once
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    truncate(connection)


def serve(port, made, end):
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection, made, end), daemon=True).start()


def answer(connection, made, end):
    connection.settimeout(3)  # for the close_notify of a client that does not say one
    try:
        connection = made.wrap_socket(connection, server_side=True)
        connection.recv(1000)
        connection.sendall(ANSWER)
        end(connection)
    except OSError as error:
        print(f"  (the server: {error})")


if __name__ == "__main__":
    made = context()
    for port, end in ((7443, goodbye), (7444, truncate)):
        threading.Thread(target=serve, args=(port, made, end), daemon=True).start()
    serve(7445, made, reset)
