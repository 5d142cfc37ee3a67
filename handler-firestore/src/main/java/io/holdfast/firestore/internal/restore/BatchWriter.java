package io.holdfast.firestore.internal.restore;

import com.google.firestore.v1.BatchGetDocumentsResponse;
import com.google.firestore.v1.BatchWriteResponse;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.Precondition;
import com.google.firestore.v1.Write;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.holdfast.CancelledException;
import io.holdfast.firestore.internal.rpc.FirestoreCalls;
import io.holdfast.firestore.internal.rpc.FirestoreErrors;
import io.holdfast.firestore.internal.values.BadRecordException;
import io.holdfast.firestore.internal.values.ContentHash;
import io.holdfast.firestore.internal.values.JsonOutput;
import io.holdfast.firestore.internal.values.RecordEncoder;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.Retry;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches of records, one after another, until the service has taken every single one: what
 * was refused for a passing reason is sent again, by itself. Used by one thread.
 */
final class BatchWriter {
  private static final Precondition MUST_BE_NEW =
      Precondition.newBuilder().setExists(false).build();

  private final FirestoreCalls calls;
  private final Retry retry;
  private final WriteRate rate;
  private final WrittenNames names;
  private final WriteMode how;
  private final RecordEncoder encoder;
  private final JsonOutput canonical = new JsonOutput();
  private final MessageDigest digest = ContentHash.digest();

  /** A document on its way. */
  private static final class Pending {
    final TargetCollection target;
    final Document document;
    final ContentHash.Sum content;

    /** Whether an earlier try may have written it, and only its answer was lost. */
    boolean perhapsWritten;

    Pending(TargetCollection target, Document document, ContentHash.Sum content) {
      this.target = target;
      this.document = document;
      this.content = content;
    }
  }

  /**
   * A writer.
   *
   * @param names remembers what was written
   */
  BatchWriter(
      FirestoreCalls calls, Retry retry, WriteRate rate, WrittenNames names, WriteMode how) {
    this.calls = calls;
    this.retry = retry;
    this.rate = rate;
    this.names = names;
    this.how = how;
    this.encoder = new RecordEncoder(calls.database());
  }

  /**
   * Writes a batch.
   *
   * @throws HandlerException if a record cannot become a document, or the service refused it
   */
  void write(List<PooledRecord> batch) {
    List<Pending> documents = new ArrayList<>(batch.size());
    for (PooledRecord record : batch) {
      Pending pending = parse(record);
      names.add(digest, pending.document.getName());
      documents.add(pending);
    }
    writeAll(documents);
    if (how.readBack()) {
      compare(documents);
    }
    documents.forEach(pending -> pending.target.written(pending.content));
  }

  private Pending parse(PooledRecord record) {
    try {
      Document document = record.target().parser().parse(record.json(), 0, record.json().length);
      return new Pending(record.target(), document, hash(document));
    } catch (BadRecordException e) {
      throw new HandlerException(
          Kind.MISMATCH,
          record.target().collection(),
          "A record of collection "
              + record.target().collection()
              + " cannot become a document of Firestore: it has "
              + e.getMessage()
              + ". Correct it, or leave the collection out.",
          null);
    }
  }

  private ContentHash.Sum hash(Document document) {
    canonical.reset();
    encoder.encode(document, canonical);
    return ContentHash.of(digest, canonical.array(), 0, canonical.size());
  }

  private void writeAll(List<Pending> documents) {
    List<Pending> open = how.commitsFirst() ? uncommitted(documents) : documents;
    while (!open.isEmpty()) {
      List<Pending> now = open;
      try {
        open = retry.call("write documents", () -> writeOnce(now));
      } catch (HandlerException e) {
        if (e.retryable() || now.size() == 1 || !isOfOneDocument(e)) {
          throw now.size() == 1 ? naming(now.get(0), e) : e;
        }
        // The request as a whole was refused. Its halves tell which document it was.
        writeAll(now.subList(0, now.size() / 2));
        writeAll(now.subList(now.size() / 2, now.size()));
        open = List.of();
      }
    }
  }

  /**
   * Tries to write all in one transaction, which costs the emulator a third of writing each by
   * itself. What is not written for any reason is given back, and the usual way tells why.
   */
  private List<Pending> uncommitted(List<Pending> documents) {
    try {
      calls.commit(documents.stream().map(this::toWrite).toList());
      return List.of();
    } catch (HandlerException e) {
      documents.forEach(pending -> pending.perhapsWritten |= e.retryable());
      return documents;
    }
  }

  private static boolean isOfOneDocument(HandlerException e) {
    return e.kind() == Kind.CONSTRAINT && e.collection().isEmpty();
  }

  /** Sends them once; gives back those to be sent again, fewer than there were. */
  private List<Pending> writeOnce(List<Pending> documents) {
    waitForTurn(documents.size());
    BatchWriteResponse answer;
    try {
      answer = calls.write(documents.stream().map(this::toWrite).toList());
    } catch (HandlerException e) {
      if (e.retryable()) {
        rate.tooFast();
        documents.forEach(pending -> pending.perhapsWritten = true);
      }
      throw e;
    }
    return refused(documents, answer);
  }

  private List<Pending> refused(List<Pending> documents, BatchWriteResponse answer) {
    List<Pending> refused = new ArrayList<>();
    HandlerException why = null;
    for (int i = 0; i < documents.size(); i++) {
      Pending pending = documents.get(i);
      Status status = answer.getStatus(i);
      if (!isWritten(pending, status)) {
        why = refusal(pending, status);
        if (!why.retryable()) {
          throw why;
        }
        pending.perhapsWritten = true; // UNAVAILABLE and its like do not say
        refused.add(pending);
      }
    }
    if (why != null) {
      rate.tooFast();
      if (refused.size() == documents.size()) {
        throw why; // not one was taken: wait before the next try
      }
    }
    return refused;
  }

  private boolean isWritten(Pending pending, Status status) {
    return status.getCode() == Code.OK_VALUE
        // Our own earlier try; the comparison in the end looks at what is in it.
        || (status.getCode() == Code.ALREADY_EXISTS_VALUE && pending.perhapsWritten);
  }

  private HandlerException refusal(Pending pending, Status status) {
    if (status.getCode() == Code.ALREADY_EXISTS_VALUE) {
      return new HandlerException(
          Kind.CONSTRAINT,
          pending.target.collection(),
          "The document "
              + path(pending)
              + " is there already, although the target was empty: it is in the backup twice, or"
              + " somebody else writes into the target.",
          null);
    }
    return FirestoreErrors.ofWrite(
        status, "write the document " + path(pending), pending.target.collection());
  }

  private HandlerException naming(Pending pending, HandlerException e) {
    return e.collection().isPresent()
        ? e
        : new HandlerException(
            e.kind(),
            pending.target.collection(),
            "Document " + path(pending) + ": " + e.getMessage(),
            e.getCause(),
            e.retryable());
  }

  private String path(Pending pending) {
    return calls.database().path(pending.document.getName()).orElse("?");
  }

  private Write toWrite(Pending pending) {
    Write.Builder write = Write.newBuilder().setUpdate(pending.document);
    return how.mustBeNew() ? write.setCurrentDocument(MUST_BE_NEW).build() : write.build();
  }

  private void waitForTurn(int writes) {
    try {
      rate.acquire(writes);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("Interrupted while waiting to write documents.", e);
    }
  }

  private void compare(List<Pending> documents) {
    Map<String, ContentHash.Sum> found = new HashMap<>();
    List<String> wanted = documents.stream().map(pending -> pending.document.getName()).toList();
    for (BatchGetDocumentsResponse answer :
        retry.call("read what was written", () -> calls.get(wanted, Optional.empty()))) {
      if (answer.hasFound()) {
        found.put(answer.getFound().getName(), hash(answer.getFound()));
      }
    }
    for (Pending pending : documents) {
      ContentHash.@Nullable Sum there = found.get(pending.document.getName());
      if (!pending.content.equals(there)) {
        throw new HandlerException(
            Kind.INCOMPLETE,
            pending.target.collection(),
            "The document "
                + path(pending)
                + (there == null ? " is not there" : " is not what was written")
                + " right after the service took it. Somebody else writes into the target, or the"
                + " service lost it; restore again.",
            null);
      }
    }
  }
}
