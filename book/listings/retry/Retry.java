// Whether Java's two HTTP clients repeat a request by themselves whose connection ended without an answer.
// HttpURLConnection is asked on a fresh connection, too.
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

public class Retry {
    static final String URL = "http://127.0.0.1:7080/";
    static final long PID = ProcessHandle.current().pid();

    static String said(String text) {
        return text.equals("2") ? "sent again" : text;
    }

    static String ask(HttpClient client, String method, String path) throws InterruptedException {
        var body = method.equals("POST") ? HttpRequest.BodyPublishers.ofString("x") : HttpRequest.BodyPublishers.noBody();
        try {
            var request = HttpRequest.newBuilder(URI.create(URL + path)).method(method, body).build();
            return said(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
        } catch (IOException error) {
            return error.toString();
        }
    }

    static String askOld(String method, String path) {
        try {
            var connection = (HttpURLConnection) URI.create(URL + path).toURL().openConnection();
            connection.setRequestMethod(method);
            if (method.equals("POST")) {
                connection.setDoOutput(true);
                connection.getOutputStream().write('x');
            }
            return said(new String(connection.getInputStream().readAllBytes()));
        } catch (IOException error) {
            return error.toString();
        }
    }

    public static void main(String[] args) throws InterruptedException {
        for (String method : new String[] {"GET", "POST"}) {
            var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            ask(client, "GET", "");
            System.out.println("HttpClient " + method + ": " + ask(client, method, "lost-java-" + method + "-" + PID));
        }
        for (String method : new String[] {"GET", "POST"}) {
            System.out.println("HttpURLConnection, fresh " + method + ": " + askOld(method, "lost-fresh-" + method + "-" + PID));
            askOld("GET", "");
            System.out.println("HttpURLConnection, reused " + method + ": " + askOld(method, "lost-reused-" + method + "-" + PID));
        }
    }
}
