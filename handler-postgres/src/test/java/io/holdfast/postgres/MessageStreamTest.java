package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageStreamTest {
  /** A connection's life up to the first row: refused TLS, login, and the answer to COPY. */
  private static final byte[] BEFORE =
      bytes(
          out -> {
            out.write('N');
            message(out, 'R', new byte[4]);
            message(out, 'S', text("server_version\0" + "15\0"));
            message(out, 'Z', text("I"));
            message(out, 'H', new byte[3]);
          });

  private static final byte[] AFTER =
      bytes(
          out -> {
            message(out, 'c', new byte[0]);
            message(out, 'C', text("COPY 5\0"));
            message(out, 'Z', text("T"));
          });

  @Test
  void handsOutOneMessageAtATime() throws Exception {
    MessageStream stream = new MessageStream(new ByteArrayInputStream(BEFORE));
    byte[] to = new byte[8192];
    List<Integer> lengths = new ArrayList<>();
    for (int count = stream.read(to, 0, 8192); count > 0; count = stream.read(to, 0, 8192)) {
      lengths.add(count);
    }
    assertThat(lengths).containsExactly(1, 9, 23, 6, 8);
  }

  @Test
  void givesTheSameRowsWhereverThePiecesOfTheStreamEnd() throws Exception {
    byte[] all =
        bytes(
            out -> {
              out.write(BEFORE);
              message(out, 'd', text("1\tone\n"));
              message(out, 'd', text("\n"));
              message(out, 'N', text("SNOTICE\0\0"));
              message(out, 'd', text("3\n"));
              message(out, 'S', text("TimeZone\0UTC\0"));
              message(out, 'A', text("0000channel\0payload\0"));
              message(out, 'd', text("four\n"));
              message(out, 'd', text("5\n"));
              out.write(AFTER);
            });
    for (int cut = 0; cut <= all.length; cut++) {
      for (int second = cut; second <= Math.min(all.length, cut + 7); second++) {
        Client client = new Client(new Pieces(all, cut, second));
        assertThat(client.copy()).containsExactly("1\tone\n", "\n", "3\n", "four\n", "5\n");
        assertThat(client.types.toString()).isEqualTo("NRSZHNdSAdcCZ");
      }
    }
    Client slow = new Client(new Pieces(all, 1));
    assertThat(slow.copy()).containsExactly("1\tone\n", "\n", "3\n", "four\n", "5\n");
  }

  @Test
  void takesRowsOfAnySizeAroundThatOfItsBuffer() throws Exception {
    List<byte[]> rows = new ArrayList<>();
    for (int size = MessageStream.CAPACITY - 8; size <= MessageStream.CAPACITY + 2; size++) {
      rows.add(row(size));
      rows.add(row(size / 3));
      rows.add(row(1));
    }
    rows.add(row(3 * MessageStream.CAPACITY + 1));
    rows.add(row(2));
    byte[] all =
        bytes(
            out -> {
              out.write(BEFORE);
              for (byte[] row : rows) {
                message(out, 'd', row);
              }
              out.write(AFTER);
            });
    List<String> expected = new ArrayList<>();
    rows.forEach(row -> expected.add(new String(row, StandardCharsets.UTF_8)));
    Client client = new Client(new ByteArrayInputStream(all));
    assertThat(client.copy().equals(expected)).isTrue();
    // Those that do not fit with their header went the driver's way.
    assertThat(client.types.toString()).isEqualTo("NRSZH" + "d".repeat(8) + "cCZ");
    assertThat(new Client(new Pieces(all, 1000)).copy().equals(expected)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"S\u0016\u0003\u0003 and so on", "G", "\u0016\u0003", "Eno\0", "NS\u0016"})
  void leavesAloneWhatIsNotMessages(String sent) throws Exception {
    byte[] bytes = (sent + "d\0\0\0\u0006x\n").getBytes(StandardCharsets.ISO_8859_1);
    MessageStream stream = new MessageStream(new ByteArrayInputStream(bytes));
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    byte[] to = new byte[4];
    for (int count = stream.read(to, 0, 4); count > 0; count = stream.read(to, 0, 4)) {
      read.write(to, 0, count);
      assertThat(stream.takeRow()).isFalse();
      assertThat(stream.isAfter('H') || stream.isAfter('d')).isFalse();
    }
    assertThat(read.toByteArray()).isEqualTo(bytes);
  }

  @Test
  void leavesALengthThatCannotBeToTheDriver() throws Exception {
    byte[] bytes = new byte[] {'R', 0, 0, 0, 4, 'd', 0, 0, 0, 3, 'x', 'y'};
    MessageStream stream = new MessageStream(new ByteArrayInputStream(bytes));
    assertThat(stream.readNBytes(5)).hasSize(5);
    assertThat(stream.takeRow()).isFalse();
    assertThat(stream.readAllBytes()).isEqualTo(Arrays.copyOfRange(bytes, 5, bytes.length));
  }

  @Test
  void letsTheDriverSeeThatReceivingFails() throws Exception {
    byte[] all =
        bytes(
            out -> {
              out.write(BEFORE);
              message(out, 'd', text("1\n"));
              message(out, 'd', text("2\n"));
            });
    byte[] last = Arrays.copyOfRange(all, all.length - 7, all.length);
    // The last row comes in two pieces, and between them nothing for longer than the driver waits.
    for (int missing = 1; missing < last.length; missing++) {
      Pieces pieces = new Pieces(all, all.length - missing, all.length);
      pieces.timeoutBeforePiece = 1;
      MessageStream stream = new MessageStream(pieces);
      assertThat(stream.readNBytes(BEFORE.length)).isEqualTo(BEFORE);
      assertThat(stream.takeRow()).isTrue();
      assertThat(stream.takeRow()).isFalse();
      byte[] to = new byte[100];
      // A header goes out whole; what there is behind it, at once.
      int first = missing > 2 ? 0 : stream.read(to, 0, 100);
      assertThat(first).isEqualTo(missing > 2 ? 0 : last.length - missing);
      assertThatThrownBy(() -> stream.read(to, first, 100 - first))
          .isInstanceOf(SocketTimeoutException.class);
      assertThat(stream.read(to, first, 100 - first)).isEqualTo(last.length - first);
      assertThat(Arrays.copyOf(to, last.length)).isEqualTo(last);
      assertThat(stream.takeRow()).isFalse();
      assertThat(stream.read()).isEqualTo(-1);
    }
  }

  @Test
  void neverGivesHalfARow() throws Exception {
    byte[] all =
        bytes(
            out -> {
              out.write(BEFORE);
              message(out, 'd', text("1234567890\n"));
            });
    for (int length = BEFORE.length; length < all.length; length++) {
      Client client = new Client(new ByteArrayInputStream(Arrays.copyOf(all, length)));
      assertThatThrownBy(client::copy).isInstanceOf(EOFException.class);
    }
  }

  @Test
  void saysWhatCanBeReadWithoutWaiting() throws Exception {
    MessageStream stream = new MessageStream(new ByteArrayInputStream(BEFORE));
    assertThat(stream.available()).isEqualTo(1);
    assertThat(stream.readNBytes(10)).hasSize(10);
    assertThat(stream.available()).isEqualTo(5);
    assertThat(stream.read()).isEqualTo('S');
    assertThat(stream.available()).isEqualTo(22);
    assertThat(stream.readAllBytes()).hasSize(BEFORE.length - 11);
    assertThat(stream.available()).isZero();
  }

  /** Reads as the driver does: as much as it can get, into a buffer of its own. */
  private static final class Client {
    private final MessageStream stream;
    private final StringBuilder types = new StringBuilder();
    private byte[] held = new byte[0];

    Client(InputStream socket) {
      stream = new MessageStream(socket);
    }

    List<String> copy() throws IOException {
      need(1);
      types.append((char) held[0]);
      held = Arrays.copyOfRange(held, 1, held.length);
      while (types.charAt(types.length() - 1) != 'H') {
        message();
      }
      List<String> rows = new ArrayList<>();
      while (types.charAt(types.length() - 1) != 'Z') {
        if (stream.takeRow()) {
          byte[] row = Arrays.copyOfRange(stream.rowArray(), stream.rowFrom(), stream.rowTo());
          rows.add(new String(row, StandardCharsets.UTF_8));
          continue;
        }
        // As the driver: it answers with a row, or goes on until the end.
        byte[] body = message();
        while ("NSAcC".indexOf(types.charAt(types.length() - 1)) >= 0) {
          body = message();
        }
        if (types.charAt(types.length() - 1) == 'd') {
          rows.add(new String(body, StandardCharsets.UTF_8));
        }
      }
      return rows;
    }

    private byte[] message() throws IOException {
      need(5);
      types.append((char) held[0]);
      int length = ByteBuffer.wrap(held).getInt(1);
      need(1 + length);
      byte[] body = Arrays.copyOfRange(held, 5, 1 + length);
      held = Arrays.copyOfRange(held, 1 + length, held.length);
      assertThat(held).isEmpty();
      assertThat(stream.isAfter(types.charAt(types.length() - 1))).isTrue();
      return body;
    }

    private void need(int bytes) throws IOException {
      while (held.length < bytes) {
        byte[] to = new byte[8192];
        int count = stream.read(to, 0, to.length);
        if (count < 0) {
          throw new EOFException();
        }
        byte[] joined = Arrays.copyOf(held, held.length + count);
        System.arraycopy(to, 0, joined, held.length, count);
        held = joined;
      }
    }
  }

  /** A socket that hands out its bytes in pieces. */
  private static final class Pieces extends InputStream {
    private final byte[] bytes;
    private final int[] ends;
    private final int size;
    private int at;
    private int piece;
    private int timeoutBeforePiece = -1;

    Pieces(byte[] bytes, int size) {
      this(bytes, new int[0], size);
    }

    Pieces(byte[] bytes, int firstEnd, int secondEnd) {
      this(bytes, new int[] {firstEnd, secondEnd}, bytes.length);
    }

    private Pieces(byte[] bytes, int[] ends, int size) {
      this.bytes = bytes;
      this.ends = ends;
      this.size = size;
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      while (piece < ends.length && at == ends[piece]) {
        piece++;
      }
      if (piece == timeoutBeforePiece) {
        timeoutBeforePiece = -1;
        throw new SocketTimeoutException();
      }
      int end = piece < ends.length ? ends[piece] : Math.min(bytes.length, at + size);
      int count = Math.min(length, end - at);
      System.arraycopy(bytes, at, to, offset, count);
      at += count;
      return count == 0 ? -1 : count;
    }
  }

  private interface Writer {
    void write(DataOutputStream out) throws IOException;
  }

  private static byte[] bytes(Writer writer) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      writer.write(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return bytes.toByteArray();
  }

  private static void message(DataOutputStream out, char type, byte[] body) throws IOException {
    out.write(type);
    out.writeInt(4 + body.length);
    out.write(body);
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] row(int size) {
    byte[] row = new byte[size];
    for (int i = 0; i < size; i++) {
      row[i] = (byte) ('a' + i % 23);
    }
    row[size - 1] = '\n';
    return row;
  }
}
