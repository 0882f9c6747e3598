import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Reads messages that end with a line break; three peers send them, and end in three ways. */
public class ReadMessages {
    // ANCHOR: read
    static final int MESSAGE_MAX = 64 * 1024;

    /** Hands out each message. Returns when the stream has ended between two messages. */
    static void readMessages(InputStream stream, Consumer<String> handle) throws IOException {
        InputStream in = new BufferedInputStream(stream);
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        int b;
        while ((b = in.read()) != -1) {                                      // -1 is looked for first
            if (b == '\n') {
                handle.accept(message.toString(StandardCharsets.UTF_8));     // decoded as a whole
                message.reset();
            } else if (message.size() == MESSAGE_MAX) {
                throw new IOException("a message is too long");
            } else {
                message.write(b);                                            // what is incomplete is kept
            }
        }
        if (message.size() > 0) {
            throw new EOFException("the stream ended in the middle of a message");
        }
    }
    // ANCHOR_END: read

    // ANCHOR: use
    static void talk(String host, int port) throws IOException {
        try (Socket socket = new Socket(host, port)) {                       // closed on every path
            socket.setSoTimeout(30_000);                                     // no read waits for ever
            socket.getOutputStream().write('?');
            readMessages(socket.getInputStream(), message -> System.out.println("  message: " + message));
            System.out.println("  then: the end");
        }
    }
    // ANCHOR_END: use

    public static void main(String[] args) throws Exception {
        demonstrate("says all and closes", true, "first 消", "息\nsecond mess", "age\n");
        demonstrate("ends in the middle of a message", true, "first message\nsecond mes");
        demonstrate("resets", false, "first message\nsecond mes");
    }

    static void demonstrate(String what, boolean reads, String... pieces) throws Exception {
        System.out.println("The peer " + what + ":");
        try (ServerSocket listener = new ServerSocket(0)) {
            Thread peer = new Thread(() -> {
                try (Socket socket = listener.accept()) {
                    if (reads) {
                        socket.getInputStream().read();
                    } else {
                        socket.setSoLinger(true, 0);
                    }
                    for (String piece : pieces) {
                        for (byte b : piece.getBytes(StandardCharsets.UTF_8)) {
                            socket.getOutputStream().write(b);
                        }
                        Thread.sleep(50);
                    }
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            peer.start();
            try {
                talk("127.0.0.1", listener.getLocalPort());
            } catch (IOException e) {
                System.out.println("  then: " + e);
            }
            peer.join();
        }
    }
}
