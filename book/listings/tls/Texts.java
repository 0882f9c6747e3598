import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

public class Texts {
    public static void main(String[] args) throws Exception {
        System.setProperty("jdk.internal.httpclient.disableHostnameVerification", "true");
        System.out.println("Java " + System.getProperty("java.version"));
        TrustManager everybody = new X509TrustManager() {
            public void checkClientTrusted(X509Certificate[] chain, String type) {}
            public void checkServerTrusted(X509Certificate[] chain, String type) {}
            public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
        };
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {everybody}, null);
        String[] labels = {"goodbye", "truncation", "reset"};
        for (int i = 0; i < 3; i++) {
            String label = labels[i];
            int port = 7443 + i;
            try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
                socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes());
                InputStream in = socket.getInputStream();
                int count;
                do {
                    count = in.read(new byte[1000]);
                    System.out.println(label + ": read " + count);
                } while (count != -1);
            } catch (Exception e) {
                System.out.println(label + ": " + e);
            }
            HttpClient client = HttpClient.newBuilder().sslContext(context).version(HttpClient.Version.HTTP_1_1).build();
            try {
                String body = client.send(HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port)).build(), BodyHandlers.ofString()).body();
                System.out.println(label + ": HttpClient body " + body.length());
            } catch (Exception e) {
                System.out.println(label + ": HttpClient " + e);
            }
        }
    }
}
