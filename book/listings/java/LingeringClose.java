import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Timer;
import java.util.TimerTask;

public class LingeringClose {
    // ANCHOR: close
    static final Timer DEADLINES = new Timer(true);

    /** Closes so that the answer arrives, although the peer is still sending. Whether the peer ended its stream in time. */
    static boolean answerAndClose(Socket socket, byte[] answer, int seconds, long bytesMax) {
        // A write to a Socket has no timeout of its own. A close from outside ends it, and the read as well.
        TimerTask timeIsOver = new TimerTask() {
            @Override public void run() {
                try { socket.close(); } catch (IOException e) { /* it is closed */ }
            }
        };
        DEADLINES.schedule(timeIsOver, seconds * 1000L);
        try (socket) {                                       // closed on every path
            socket.getOutputStream().write(answer);
            socket.shutdownOutput();
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[65536];
            for (long left = bytesMax; left > 0; ) {
                int count = in.read(buffer);
                if (count == -1) return true;                // nothing is unread
                left -= count;
            }
        } catch (IOException e) {
            // The peer reset, or the time is over: nothing to save any more.
        } finally {
            timeIsOver.cancel();
        }
        return false;
    }
    // ANCHOR_END: close

    public static void main(String[] args) throws IOException {
        int port = Integer.parseInt(args[0]);
        byte[] answer = "4".repeat(Integer.parseInt(args[1])).getBytes();
        try (ServerSocket listener = new ServerSocket(port, 5, InetAddress.getLoopbackAddress())) {
            Socket peer = listener.accept();
            peer.getInputStream().read(new byte[1000]);
            boolean gently = answerAndClose(peer, answer, Integer.parseInt(args[2]), 10_000_000);
            System.out.println(gently ? "gently" : "not gently");
        }
    }
}
