package io.holdfast.mongo;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;

/**
 * Stands between the driver and the server, passes everything on, and strikes where a test tells it
 * to: refuses a command, loses its answer, changes it, or never gives one. Knows as much of the
 * wire protocol as that takes (OP_MSG).
 */
final class MongoProxy implements AutoCloseable {
  private static final int OP_MSG = 2013;
  private static final int HEADER = 16;

  /** What happens to a command. */
  interface Fault {
    /** Empty to pass it on. */
    default List<BsonDocument> instead(BsonDocument command) {
      return List.of();
    }

    /** The answer that the client gets; null for a broken connection. */
    default BsonDocument answer(BsonDocument answer) {
      return answer;
    }
  }

  private record Rule(Predicate<BsonDocument> when, AtomicInteger times, Fault fault) {
    boolean strikes(BsonDocument command) {
      return when.test(command) && times.getAndDecrement() > 0;
    }
  }

  private final ServerSocket socket;
  private final int serverPort;
  private final List<Rule> rules = new CopyOnWriteArrayList<>();
  private final List<BsonDocument> seen = new CopyOnWriteArrayList<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closed = new CountDownLatch(1);

  MongoProxy(int serverPort) throws IOException {
    this.serverPort = serverPort;
    this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  String uri() {
    return "mongodb://127.0.0.1:" + socket.getLocalPort();
  }

  /** Commands of that name on that collection. */
  static Predicate<BsonDocument> command(String name, String collection) {
    return command ->
        command.getFirstKey().equals(name)
            && command.get(name).isString()
            && command.getString(name).getValue().equals(collection);
  }

  /** The server refuses that many of the commands, and has not done them. */
  void refuse(Predicate<BsonDocument> when, int times, int code, String text) {
    BsonDocument refusal =
        new BsonDocument("ok", new BsonDouble(0))
            .append("errmsg", new BsonString(text))
            .append("code", new BsonInt32(code));
    rule(
        when,
        times,
        new Fault() {
          @Override
          public List<BsonDocument> instead(BsonDocument command) {
            return List.of(refusal);
          }
        });
  }

  /** The server does that many of the commands, and the connection breaks before it can say so. */
  void loseAnswer(Predicate<BsonDocument> when, int times) {
    change(when, times, answer -> null);
  }

  /** Another answer than the server's; null for a broken connection. */
  void change(Predicate<BsonDocument> when, int times, UnaryOperator<BsonDocument> change) {
    rule(
        when,
        times,
        new Fault() {
          @Override
          public BsonDocument answer(BsonDocument answer) {
            return change.apply(answer);
          }
        });
  }

  /** Runs something before the command is passed on. */
  void before(Predicate<BsonDocument> when, int times, Runnable action) {
    rule(
        when,
        times,
        new Fault() {
          @Override
          public List<BsonDocument> instead(BsonDocument command) {
            action.run();
            return List.of();
          }
        });
  }

  /** No answer ever comes, and the connection stays. */
  void stall(Predicate<BsonDocument> when, int times) {
    before(
        when,
        times,
        () -> {
          try {
            closed.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private void rule(Predicate<BsonDocument> when, int times, Fault fault) {
    rules.add(new Rule(when, new AtomicInteger(times), fault));
  }

  void heal() {
    rules.clear();
  }

  /** Commands seen so far, without those that the driver sends for itself. */
  List<BsonDocument> seen(Predicate<BsonDocument> which) {
    return seen.stream().filter(which).toList();
  }

  void forget() {
    seen.clear();
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    socket.close();
    for (Socket one : open) {
      one.close();
    }
  }

  private static void start(Runnable loop) {
    Thread thread = new Thread(loop, "mongo-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        open.add(client);
        start(() -> serve(client));
      } catch (IOException e) {
        return; // It was closed.
      }
    }
  }

  private void serve(Socket client) {
    try (client;
        Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort)) {
      open.add(server);
      DataInputStream fromClient = new DataInputStream(client.getInputStream());
      DataOutputStream toClient = new DataOutputStream(client.getOutputStream());
      DataInputStream fromServer = new DataInputStream(server.getInputStream());
      DataOutputStream toServer = new DataOutputStream(server.getOutputStream());
      while (true) {
        byte[] request = message(fromClient);
        if (int32(request, 12) != OP_MSG) {
          toServer.write(request);
          toClient.write(message(fromServer));
          continue;
        }
        BsonDocument command = commandOf(request);
        seen.add(command);
        Fault fault =
            rules.stream()
                .filter(rule -> rule.strikes(command))
                .map(Rule::fault)
                .findFirst()
                .orElse(new Fault() {});
        List<BsonDocument> instead = fault.instead(command);
        if (!instead.isEmpty()) {
          toClient.write(answer(int32(request, 4), instead.get(0)));
          continue;
        }
        toServer.write(request);
        byte[] reply = message(fromServer);
        BsonDocument after = fault.answer(commandOf(reply));
        if (after == null) {
          return;
        }
        toClient.write(answer(int32(request, 4), after));
      }
    } catch (EOFException e) {
      // The client has gone.
    } catch (IOException e) {
      if (!client.isClosed() && closed.getCount() > 0) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static byte[] message(DataInputStream in) throws IOException {
    byte[] length = in.readNBytes(4);
    if (length.length < 4) {
      throw new EOFException();
    }
    byte[] message = Arrays.copyOf(length, int32(length, 0));
    in.readFully(message, 4, message.length - 4);
    return message;
  }

  private static int int32(byte[] message, int at) {
    return ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getInt(at);
  }

  /** The body, with the documents of the other sections as arrays. */
  private static BsonDocument commandOf(byte[] message) {
    BsonDocument command = new BsonDocument();
    BsonDocument sequences = new BsonDocument();
    int at = HEADER + 4;
    while (at < message.length) {
      int kind = message[at++];
      int size = int32(message, at);
      if (kind == 0) {
        command = document(message, at);
      } else {
        int end = at + size;
        int name = at + 4;
        int zero = name;
        while (message[zero] != 0) {
          zero++;
        }
        BsonArray documents = new BsonArray();
        for (int one = zero + 1; one < end; one += int32(message, one)) {
          documents.add(document(message, one));
        }
        sequences.put(new String(message, name, zero - name, StandardCharsets.US_ASCII), documents);
      }
      at += size;
    }
    command.putAll(sequences);
    return command;
  }

  private static BsonDocument document(byte[] message, int at) {
    return new RawBsonDocument(message, at, int32(message, at)).decode(new BsonDocumentCodec());
  }

  private static byte[] answer(int request, BsonDocument body) {
    RawBsonDocument raw = new RawBsonDocument(body, new BsonDocumentCodec());
    int length = HEADER + 5 + raw.getByteLength();
    byte[] message = new byte[length];
    ByteBuffer.wrap(message)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(length)
        .putInt(0)
        .putInt(request)
        .putInt(OP_MSG)
        .putInt(0)
        .put((byte) 0)
        .put(raw.getBackingArray(), raw.getByteOffset(), raw.getByteLength());
    return message;
  }
}
