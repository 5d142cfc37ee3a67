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
  private static final int MOST_AT_ONCE = 64 * 1024;

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

  /** The body of an answer. */
  private final class Body extends FilterInputStream {
    private final AbortableInputStream body;

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
      if (body.available() > 0) {
        return body.read(bytes, from, Math.min(count, body.available()));
      }
      // Into bytes of its own: an interrupted reader has left, and may use its buffer for others.
      byte[] arrived = new byte[Math.min(count, MOST_AT_ONCE)];
      Callable<Integer> read = () -> body.read(arrived, 0, arrived.length);
      int got = await(threads.submit(read), body);
      if (got > 0) {
        System.arraycopy(arrived, 0, bytes, from, got);
      }
      return got;
    }
  }
}
