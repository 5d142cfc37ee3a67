package io.holdfast.benchmarks.auth;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A fast server of accounts, for measurements: the project {@code source} has all accounts, the
 * project {@code target} those that were imported. It speaks what Holdfast and the Firebase CLI ask
 * for, and checks nothing.
 */
final class AccountServer {
  private static final int PAGE = 1000;
  private static final Pattern TOKEN = Pattern.compile("nextPageToken[=\":]+(\\d+)");
  private static final Pattern MAX_RESULTS = Pattern.compile("maxResults=(\\d+)");
  private static final JsonFactory JSON = new JsonFactory();

  private final GeneratedAccounts accounts;
  private final BitSet imported = new BitSet();

  private AccountServer(GeneratedAccounts accounts) {
    this.accounts = accounts;
  }

  /**
   * Serves until it is killed. Prints the port.
   *
   * @param args how many accounts there are
   */
  public static void main(String[] args) throws IOException {
    AccountServer server = new AccountServer(new GeneratedAccounts(Long.parseLong(args[0])));
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(Executors.newFixedThreadPool(4));
    http.createContext("/", server::answer);
    http.start();
    System.out.println(http.getAddress().getPort());
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange;
        InputStream body = exchange.getRequestBody()) {
      String path = exchange.getRequestURI().getPath();
      String query = String.valueOf(exchange.getRequestURI().getQuery());
      String answer;
      if (path.endsWith("/downloadAccount")) {
        answer = page(true, new String(body.readAllBytes(), StandardCharsets.UTF_8));
      } else if (path.endsWith("/accounts:batchGet")) {
        answer = page(path.contains("/projects/source/"), query);
      } else if (path.endsWith("/accounts:batchCreate")) {
        take(body);
        answer = "{}";
      } else if (path.endsWith("/config")) {
        answer =
            "{\"signIn\":{\"hashConfig\":{\"algorithm\":\"SCRYPT\",\"signerKey\":\"c2lnbmVy\","
                + "\"saltSeparator\":\"Bw==\",\"rounds\":8,\"memoryCost\":14}}}";
      } else if (path.endsWith("/token")) {
        answer = "{\"access_token\":\"x\",\"expires_in\":3600,\"token_type\":\"Bearer\"}";
      } else if (path.endsWith(":testIamPermissions")) {
        answer = "{\"permissions\":[\"firebase.projects.get\",\"firebaseauth.users.get\"]}";
      } else if (path.endsWith("/reset")) {
        synchronized (imported) {
          imported.clear();
        }
        answer = "{}";
      } else {
        answer = "{}";
      }
      byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json; charset=UTF-8");
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private String page(boolean all, String asked) {
    Matcher token = TOKEN.matcher(asked);
    long from = token.find() ? Long.parseLong(token.group(1)) : 0;
    Matcher max = MAX_RESULTS.matcher(asked);
    int size = max.find() ? Integer.parseInt(max.group(1)) : PAGE;
    StringBuilder page = new StringBuilder(size * 900).append("{\"kind\":\"x\",\"users\":[");
    long number = next(all, from);
    for (int i = 0; i < size && number < accounts.count(); i++) {
      if (i > 0) {
        page.append(',');
      }
      accounts.write(number, page);
      number = next(all, number + 1);
    }
    page.append(']');
    if (number < accounts.count()) {
      page.append(",\"nextPageToken\":\"").append(number).append('"');
    }
    return page.append('}').toString();
  }

  private long next(boolean all, long from) {
    if (all) {
      return from;
    }
    synchronized (imported) {
      int next = imported.nextSetBit((int) from);
      return next < 0 ? accounts.count() : next;
    }
  }

  /** Notes which accounts came; what they hold is known. */
  private void take(InputStream body) throws IOException {
    try (JsonParser parser = JSON.createParser(body)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.FIELD_NAME && parser.currentName().equals("localId")) {
          long number = GeneratedAccounts.number(parser.nextTextValue());
          synchronized (imported) {
            imported.set((int) number);
          }
        }
      }
    }
  }
}
