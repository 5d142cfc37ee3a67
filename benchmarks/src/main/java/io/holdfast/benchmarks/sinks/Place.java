package io.holdfast.benchmarks.sinks;

import io.holdfast.benchmarks.Commands;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the arms of a comparison store.
 *
 * @param what for the report
 * @param uri the sink's
 * @param environment variables that the arms need
 * @param serverPid the server's process, if it is on this machine
 * @param stop stops the server
 */
record Place(
    String what, String uri, Map<String, String> environment, OptionalLong serverPid, Runnable stop)
    implements AutoCloseable {
  /** A server that was just started by this process, the last one that was. */
  static Place local(String what, String uri, Map<String, String> environment, Runnable stop) {
    OptionalLong pid = ProcessHandle.current().children().mapToLong(ProcessHandle::pid).max();
    return new Place(what, uri, environment, pid, stop);
  }

  /** A storage that is there already, with credentials from the usual places. */
  static Place existing(String uri) {
    return new Place(
        "a storage that was named on the command line",
        uri,
        Map.of(),
        OptionalLong.empty(),
        () -> {});
  }

  /** The same server at the other end of a line. */
  Place farAway(Line.Distance distance) throws IOException {
    Matcher address = Pattern.compile("127\\.0\\.0\\.1:([0-9]+)").matcher(uri);
    if (!address.find()) {
      throw new IllegalArgumentException("Only servers on this machine can be moved far away.");
    }
    Line line = Line.to(Integer.parseInt(address.group(1)), distance);
    return new Place(
        what + ", " + distance,
        address.replaceFirst("127.0.0.1:" + line.port()),
        environment,
        serverPid,
        () -> {
          line.close();
          stop.run();
        });
  }

  /** The command with what it needs in its environment. */
  List<String> command(List<String> command) {
    List<String> whole = new ArrayList<>(List.of("env"));
    environment.forEach((name, value) -> whole.add(name + "=" + value));
    whole.addAll(command);
    return whole;
  }

  /** So that no run pays for what earlier ones left in the server's heap and in the page cache. */
  void settle() throws IOException, InterruptedException {
    if (serverPid.isPresent()) {
      String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
      Commands.run(List.of(jcmd, Long.toString(serverPid.getAsLong()), "GC.run"));
    }
    Commands.run(List.of("sync"));
  }

  @Override
  public void close() {
    stop.run();
  }
}
