import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

public class Texts {
    interface Call { Object run() throws Exception; }

    static void attempt(String label, Call call) throws InterruptedException {
        try {
            System.out.println(label + ": " + call.run());
        } catch (Exception e) {
            System.out.println(label + ": " + e);
        }
        Thread.sleep(100);
    }

    static Socket socket(int port) throws Exception {
        Socket s = new Socket("127.0.0.1", port);
        s.getOutputStream().write('x');
        Thread.sleep(100);
        return s;
    }

    static SocketChannel channel(int port) throws Exception {
        SocketChannel c = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
        c.write(x());
        Thread.sleep(100);
        return c;
    }

    static ByteBuffer x() { return ByteBuffer.wrap(new byte[] {'x'}); }

    static Object write(Socket s) throws Exception { s.getOutputStream().write('x'); return "written"; }

    public static void main(String[] args) throws Exception {
        System.out.println("Java " + System.getProperty("java.version"));

        Socket a = socket(7001);
        attempt("Socket: reset, read", () -> a.getInputStream().read());
        attempt("Socket: reset, read again", () -> a.getInputStream().read());

        Socket b = socket(7001);
        attempt("Socket: reset, write", () -> write(b));
        attempt("Socket: reset, write again", () -> write(b));
        attempt("Socket: reset, then read", () -> b.getInputStream().read());

        Socket c = socket(7002);
        attempt("Socket: left, write", () -> write(c));
        attempt("Socket: left, write again", () -> write(c));
        attempt("Socket: left, then read", () -> c.getInputStream().read());

        Socket f = socket(7004);
        f.setSoTimeout(100);
        InputStream open = f.getInputStream();
        attempt("Socket: silent, read", () -> open.read());
        f.close();
        attempt("Socket: closed by itself, read", () -> open.read());

        attempt("Socket: nobody, connect", () -> new Socket("127.0.0.1", 7003));

        SocketChannel d = channel(7001);
        attempt("Channel: reset, read", () -> d.read(ByteBuffer.allocate(10)));
        attempt("Channel: reset, read again", () -> d.read(ByteBuffer.allocate(10)));

        SocketChannel e = channel(7001);
        attempt("Channel: reset, write", () -> e.write(x()));
        attempt("Channel: reset, write again", () -> e.write(x()));
        attempt("Channel: reset, then read", () -> e.read(ByteBuffer.allocate(10)));

        SocketChannel g = channel(7002);
        attempt("Channel: left, then read", () -> g.read(ByteBuffer.allocate(10)));
    }
}
