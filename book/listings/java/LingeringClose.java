import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

public class LingeringClose {
    // ANCHOR: close
    /** Closes so that the answer arrives, although the peer is still sending. */
    static void answerAndClose(Socket socket, byte[] answer) throws IOException {
        try (socket) {
            socket.getOutputStream().write(answer);
            socket.shutdownOutput();
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[65536];
            long deadline = System.nanoTime() + 5_000_000_000L;
            long left = 10_000_000;
            int count = 0;
            while (count != -1 && left > 0) {
                long millis = (deadline - System.nanoTime()) / 1_000_000;
                if (millis <= 0) break;
                socket.setSoTimeout((int) millis);
                count = in.read(buffer);
                left -= count;
            }
        } catch (IOException e) {
            // The peer reset, or the time is over: nothing to save any more.
        }
    }
    // ANCHOR_END: close

    public static void main(String[] args) throws IOException {
        try (ServerSocket listener = new ServerSocket(7010, 5, InetAddress.getLoopbackAddress())) {
            Socket peer = listener.accept();
            peer.getInputStream().read(new byte[1000]);
            answerAndClose(peer, "413".getBytes());
        }
    }
}
