package io.holdfast.testkit;

import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StoredObject;
import java.nio.ByteBuffer;

/** Does what the sink inside does; a wrong sink overrides what it does wrong. */
class ForwardingSink extends ForwardedSink {
  ForwardingSink(MemorySink inside) {
    super(inside);
  }

  /** Does what the writer inside does. */
  static class ForwardingWriter implements SinkWriter {
    final SinkWriter writer;

    ForwardingWriter(SinkWriter writer) {
      this.writer = writer;
    }

    @Override
    public void write(ByteBuffer bytes) {
      writer.write(bytes);
    }

    @Override
    public StoredObject commit(ObjectDigest digest) {
      return writer.commit(digest);
    }

    @Override
    public void close() {
      writer.close();
    }
  }
}
