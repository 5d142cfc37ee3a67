package io.holdfast.format;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Optional;

/** A value that JSON has no form for, and its form in a record. FORMAT.md, section 3. */
sealed interface TypedValue {
  /** Appends it as a self-describing value. */
  void writeTo(JsonBytes out);

  /** An instant. */
  record Time(Instant instant) implements TypedValue {
    // Firestore's own range, and that of ISO 8601 in four digits.
    private static final Instant MIN = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant MAX = Instant.parse("9999-12-31T23:59:59.999999999Z");

    /** Empty if it is out of range, or no number where one must be. */
    static Optional<TypedValue> of(JsonNode seconds, JsonNode nanoseconds) {
      if (!seconds.isIntegralNumber()
          || !seconds.canConvertToLong()
          || !nanoseconds.isInt()
          || nanoseconds.intValue() < 0
          || nanoseconds.intValue() > 999_999_999
          || seconds.longValue() < MIN.getEpochSecond()
          || seconds.longValue() > MAX.getEpochSecond()) {
        return Optional.empty();
      }
      return Optional.of(
          new Time(Instant.ofEpochSecond(seconds.longValue(), nanoseconds.intValue())));
    }

    @Override
    public void writeTo(JsonBytes out) {
      out.add("{\"$date\":\"" + instant + "\"}");
    }
  }

  /** A point on Earth. */
  record Place(double latitude, double longitude) implements TypedValue {
    /** Empty if it is out of range, or no number where one must be. */
    static Optional<TypedValue> of(JsonNode latitude, JsonNode longitude) {
      if (!latitude.isNumber() || !longitude.isNumber()) {
        return Optional.empty();
      }
      Place place = new Place(latitude.doubleValue(), longitude.doubleValue());
      return Math.abs(place.latitude) <= 90 && Math.abs(place.longitude) <= 180
          ? Optional.of(place)
          : Optional.empty();
    }

    @Override
    public void writeTo(JsonBytes out) {
      // Both with a fraction or an exponent, as Double.toString writes them: doubles.
      out.add("{\"$geo\":[" + latitude + "," + longitude + "]}");
    }
  }

  /** A document of the same database, by its path. */
  record Reference(String path) implements TypedValue {
    /** Empty if the path is not that of a document. */
    static Optional<TypedValue> of(String path) {
      int segments = DocumentPaths.segments(path);
      return segments > 0 && segments % 2 == 0
          ? Optional.of(new Reference(path))
          : Optional.empty();
    }

    @Override
    public void writeTo(JsonBytes out) {
      out.add("{\"$ref\":");
      out.addString(path);
      out.add("}");
    }
  }
}
