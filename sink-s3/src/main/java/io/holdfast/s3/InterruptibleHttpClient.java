package io.holdfast.s3;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import software.amazon.awssdk.http.Abortable;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;

/**
 * Lets an interruption end a request at once. A thread that waits for a socket cannot be
 * interrupted, so another one waits in its place, and the connection is closed when the first is
 * interrupted.
 */
final class InterruptibleHttpClient implements SdkHttpClient {
  /** Each time that it is filled wakes another thread. */
  private static final int AHEAD = 256 * 1024;

  private final SdkHttpClient client;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "holdfast-s3-connection");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * @param client sends the requests; is closed with this one
   */
  InterruptibleHttpClient(SdkHttpClient client) {
    this.client = client;
  }

  @Override
  public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
    ExecutableHttpRequest prepared = client.prepareRequest(request);
    return new ExecutableHttpRequest() {
      @Override
      public HttpExecuteResponse call() throws IOException {
        HttpExecuteResponse answer = await(threads.submit(prepared), prepared);
        return answer
            .responseBody()
            .map(
                body ->
                    HttpExecuteResponse.builder()
                        .response(answer.httpResponse())
                        .responseBody(AbortableInputStream.create(new Body(body), body))
                        .build())
            .orElse(answer);
      }

      @Override
      public void abort() {
        prepared.abort();
      }
    };
  }

  @Override
  public String clientName() {
    return client.clientName();
  }

  @Override
  public void close() {
    client.close();
    threads.shutdown();
  }

  private static <T> T await(Future<T> answer, Abortable connection) throws IOException {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      connection.abort();
      // The SDK asks the flag whether it was its own timeout.
      Thread.currentThread().interrupt();
      InterruptedIOException interrupted = new InterruptedIOException("Interrupted while waiting");
      interrupted.initCause(e);
      throw interrupted;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failed) {
        throw failed;
      }
      if (e.getCause() instanceof RuntimeException failed) {
        throw failed;
      }
      throw new IOException(e.getCause());
    }
  }

  /** The body of an answer; reads ahead, so that not every small read wakes another thread. */
  private final class Body extends FilterInputStream {
    private final AbortableInputStream body;
    private final byte[] ahead = new byte[AHEAD];
    private int position;
    private int limit;

    Body(AbortableInputStream body) {
      super(body);
      this.body = body;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int from, int count) throws IOException {
      if (count == 0) {
        return 0;
      }
      if (position == limit) {
        // Who wants much waits for a whole buffer; who wants little gets what has come.
        Callable<Integer> fill =
            count >= AHEAD
                ? () -> body.readNBytes(ahead, 0, AHEAD)
                : () -> body.read(ahead, 0, AHEAD);
        int got = await(threads.submit(fill), body);
        if (got <= 0) {
          return -1;
        }
        position = 0;
        limit = got;
      }
      int taken = Math.min(count, limit - position);
      System.arraycopy(ahead, position, bytes, from, taken);
      position += taken;
      return taken;
    }

    @Override
    public long skip(long count) throws IOException {
      int skipped = (int) Math.max(0, Math.min(count, limit - position));
      position += skipped;
      return skipped;
    }

    @Override
    public int available() {
      return limit - position;
    }
  }
}
