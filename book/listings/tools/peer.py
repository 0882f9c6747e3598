"""The other side of `tools/texts.sh`: three ways of ending a connection, for clients of several protocols.

7460 leaves: it takes what the client sends first, and closes without an answer; a FIN leaves.
7461 resets: the same, with SO_LINGER {1, 0}, so a RST leaves and no FIN.
7462 leaves in the middle of an answer of HTTP: 100 bytes are announced, 4 are sent.
7463 leaves in the middle of a git pack: it speaks git's own protocol, by the command `git upload-pack`.
Nobody listens on 7464.
"""

import os
import socket
import struct
import subprocess
import tempfile
import threading

SHORT = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\nConnection: close\r\n\r\nfour"
# Of a pack that is five times as long.
PACK_BYTES = 200_000


def leave(connection):
    pass


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def break_off(connection, request):
    connection.sendall(SHORT)


def break_off_a_pack(connection, request, repository):
    # The request is a length of four digits and the rest, and may come in two segments.
    while len(request) < 4 or len(request) < int(request[:4], 16):
        request += connection.recv(65_536)
    with subprocess.Popen(["git", "upload-pack", repository], stdin=connection, stdout=subprocess.PIPE) as git:
        left = PACK_BYTES
        while left > 0 and (part := git.stdout.read1(left)):
            connection.sendall(part)
            left -= len(part)
        # The child has the connection as well.
        git.kill()


def a_repository():
    folder = tempfile.mkdtemp()
    with open(os.path.join(folder, "file"), "wb") as file:
        file.write(os.urandom(5 * PACK_BYTES))
    name = ["-c", "user.name=book", "-c", "user.email=book@localhost"]
    for command in (["init", "--quiet"], ["add", "."], [*name, "commit", "--quiet", "--message=one"]):
        subprocess.run(["git", "-C", folder, *command], check=True)
    return folder


def meet(connection, answer, farewell):
    with connection:
        try:
            answer(connection, connection.recv(65_536))
            farewell(connection)
        except OSError as error:
            print(f"  (the server: {error})")


def serve(port, answer, farewell):
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=meet, args=(connection, answer, farewell), daemon=True).start()


def nothing(connection, request):
    pass


if __name__ == "__main__":
    ports = [(7461, nothing, reset), (7462, break_off, leave)]
    try:
        repository = a_repository()
        ports.append((7463, lambda connection, request: break_off_a_pack(connection, request, repository), leave))
    except FileNotFoundError:
        print("git is not installed")
    for port, answer, farewell in ports:
        threading.Thread(target=serve, args=(port, answer, farewell), daemon=True).start()
    serve(7460, nothing, leave)
