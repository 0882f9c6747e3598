import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
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
        String[] labels = {"answer, GOAWAY", "GOAWAY, last stream 0", "FIN", "reset", "GOAWAY, then reset"};
        for (int i = 0; i < labels.length; i++) {
            HttpClient client = HttpClient.newBuilder().sslContext(context).build();
            try {
                HttpRequest request = HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + (7460 + i))).build();
                HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
                System.out.println(labels[i] + ": " + answer.version() + ", body " + answer.body());
            } catch (Exception e) {
                System.out.println(labels[i] + ": " + e);
            }
        }
        System.exit(0);
    }
}
