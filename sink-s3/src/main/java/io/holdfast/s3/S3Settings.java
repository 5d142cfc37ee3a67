package io.holdfast.s3;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.s3.model.ObjectLockMode;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;
import software.amazon.awssdk.services.s3.model.StorageClass;

/**
 * Where a sink stores, and how.
 *
 * @param bucket the bucket
 * @param prefix what stands before every key, with its slash at the end; empty for none
 * @param storageClass the class of what is written; empty for the bucket's default
 * @param encryption how the server encrypts; empty for the bucket's default
 * @param kmsKey the key in KMS; empty for the account's default key
 * @param lock the mode of Object Lock; empty for no retention
 * @param retain how long what is written is kept if a writer says nothing
 * @param legalHold whether what is written gets a legal hold
 * @param tags tags of what is written
 * @param checksums whether to send CRC32C checksums, or Content-MD5 for servers that know none
 */
record S3Settings(
    String bucket,
    String prefix,
    Optional<StorageClass> storageClass,
    Optional<ServerSideEncryption> encryption,
    Optional<String> kmsKey,
    Optional<ObjectLockMode> lock,
    Optional<Duration> retain,
    boolean legalHold,
    Map<String, String> tags,
    boolean checksums) {
  /** Names of today, and those that buckets of long ago and other servers may have. */
  private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,253}");

  private static final Pattern ACCESS_POINT = Pattern.compile("arn:[a-z-]+:[A-Za-z0-9:/._-]+");

  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
  private static final Pattern TAG = Pattern.compile("[\\p{L}\\p{N} +=._:/@-]*");

  private static final int MOST_TAGS = 10;

  /** A key in S3 has up to 1024 bytes, and ours have up to 512. */
  private static final int LONGEST_PREFIX = 500;

  S3Settings {
    tags = Map.copyOf(new TreeMap<>(tags));
  }

  /** For people: {@code s3://bucket/prefix}. */
  String location() {
    return "s3://"
        + bucket
        + (prefix.isEmpty() ? "" : "/" + prefix.substring(0, prefix.length() - 1));
  }

  /** What is wrong with them; empty if nothing is. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    bucketProblems(problems);
    prefixProblems(problems);
    encryption
        .filter(one -> one == ServerSideEncryption.UNKNOWN_TO_SDK_VERSION)
        .ifPresent(one -> problems.add("The server-side encryption is AES256 or aws:kms."));
    if (kmsKey.isPresent()
        && encryption.filter(one -> one.toString().startsWith("aws:kms")).isEmpty()) {
      problems.add("A KMS key needs the server-side encryption aws:kms.");
    }
    if (retain.isPresent() && lock.isEmpty()) {
      problems.add("A retention needs an Object Lock mode: governance or compliance.");
    }
    if (retain.filter(period -> period.isNegative() || period.isZero()).isPresent()) {
      problems.add("The retention is not positive.");
    }
    if (tags.size() > MOST_TAGS) {
      problems.add("S3 takes " + MOST_TAGS + " tags for an object, not " + tags.size() + ".");
    }
    tags.forEach(
        (name, value) -> {
          if (name.isEmpty()
              || name.length() > 128
              || value.length() > 256
              || !TAG.matcher(name).matches()
              || !TAG.matcher(value).matches()) {
            problems.add(
                "A tag has a name of 1 to 128 and a value of up to 256 letters, digits, spaces and"
                    + " + - = . _ : / @; "
                    + (name.isEmpty() ? "one has no name" : "the one called " + name + " has not")
                    + ".");
          }
        });
    return problems;
  }

  private void bucketProblems(List<String> problems) {
    if (bucket.endsWith("--x-s3")) {
      problems.add(
          "The bucket "
              + bucket
              + " is a directory bucket (S3 Express One Zone), which lists its objects in no order"
              + " and knows no Object Lock. Use a general purpose bucket.");
    } else if (!BUCKET.matcher(bucket).matches() && !ACCESS_POINT.matcher(bucket).matches()) {
      problems.add(
          "The bucket is missing or no name of a bucket: letters, digits, dots and hyphens, as in"
              + " s3://bucket/prefix.");
    }
  }

  private void prefixProblems(List<String> problems) {
    if (prefix.isEmpty()) {
      return;
    }
    for (String segment : prefix.substring(0, prefix.length() - 1).split("/", -1)) {
      if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
        problems.add("The prefix has an empty segment, or one that is . or .. only.");
        break;
      }
    }
    if (prefix.length() > LONGEST_PREFIX) {
      problems.add("The prefix has more than " + LONGEST_PREFIX + " characters.");
    }
    if (prefix.chars().anyMatch(c -> c < 0x20 || c > 0x7e)) {
      problems.add("The prefix has characters other than printable ASCII.");
    }
  }
}
