package io.holdfast.internal;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.StoredObject;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The objects below a root, in key order. Holds the names of one folder on each level, and no
 * folder open. What is no object is passed over: names that are no keys, links, folders, devices.
 */
public final class FileListing implements Iterator<StoredObject> {
  /**
   * One name in a folder.
   *
   * @param key its key, with a slash at the end for a folder. Sorting by that text is key order:
   *     {@code a-b}, {@code a/b}, {@code a0}
   */
  private record Entry(String key, Path path, BasicFileAttributes attributes) {}

  private final Path root;
  private final String prefix;
  private final Deque<Iterator<Entry>> levels = new ArrayDeque<>();
  private @Nullable StoredObject next;

  /**
   * @param root a folder that exists
   * @param prefix the beginning of the keys
   */
  public FileListing(Path root, String prefix) {
    this.root = root;
    this.prefix = prefix;
    levels.push(open(root, "").iterator());
  }

  @Override
  public boolean hasNext() {
    while (next == null && !levels.isEmpty()) {
      Iterator<Entry> level = levels.element();
      if (!level.hasNext()) {
        levels.pop();
        continue;
      }
      Entry entry = level.next();
      if (entry.attributes().isDirectory()) {
        levels.push(open(entry.path(), entry.key()).iterator());
      } else {
        next =
            new StoredObject(
                ObjectKey.of(entry.key()),
                entry.attributes().size(),
                entry.attributes().lastModifiedTime().toInstant());
      }
    }
    return next != null;
  }

  @Override
  public StoredObject next() {
    if (!hasNext() || next == null) {
      throw new NoSuchElementException();
    }
    StoredObject result = next;
    next = null;
    return result;
  }

  private List<Entry> open(Path folder, String base) {
    try {
      return entries(folder, base);
    } catch (NoSuchFileException e) {
      return List.of(); // Removed since its name was read.
    } catch (IOException e) {
      throw FileErrors.translate(
          e, null, root, "Could not list the objects in " + folder, "Nothing was changed.");
    }
  }

  private List<Entry> entries(Path folder, String base) throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (DirectoryStream<Path> names = Files.newDirectoryStream(folder)) {
      for (Path path : names) {
        String key = base + path.getFileName();
        boolean wanted = key.startsWith(prefix) || prefix.startsWith(key + "/");
        if (wanted && ObjectKey.isSafe(key)) {
          add(entries, key, path);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    entries.sort(Comparator.comparing(Entry::key));
    return entries;
  }

  private void add(List<Entry> entries, String key, Path path) throws IOException {
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return; // Deleted since its name was read.
    }
    if (attributes.isDirectory()) {
      entries.add(new Entry(key + "/", path, attributes));
    } else if (attributes.isRegularFile() && key.startsWith(prefix)) {
      entries.add(new Entry(key, path, attributes));
    }
  }
}
