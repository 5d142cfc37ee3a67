package io.holdfast.postgres;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.postgresql.PGConnection;

/**
 * Data sources for the databases of the server, whose connections to one of them are cut once: the
 * server's process ends right before a certain statement, or a commit, or right after the commit.
 */
final class LosingConnections {
  private static final Set<String> STEPS = Set.of("execute", "executeQuery", "commit");

  private final String database;
  private final int lostAt;
  private final AtomicInteger steps = new AtomicInteger();
  private volatile String step = "";

  /**
   * @param database the connections to which database are cut
   * @param lostAt how many statements and commits go well before
   */
  LosingConnections(String database, int lostAt) {
    this.database = database;
    this.lostAt = lostAt;
  }

  DataSource dataSource(String name) {
    DataSource source = TestPostgres.server().dataSource(name);
    if (!name.equals(database)) {
      return source;
    }
    return (DataSource)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> {
              Object result = invoke(source, method, arguments);
              return result instanceof Connection connection
                  ? proxy(connection, connection, Connection.class)
                  : result;
            });
  }

  boolean hasLost() {
    return !step.isEmpty();
  }

  String lostAt() {
    return step;
  }

  private Object proxy(Object target, Connection connection, Class<?> type) {
    return Proxy.newProxyInstance(
        getClass().getClassLoader(),
        new Class<?>[] {type},
        (proxy, method, arguments) -> {
          // The thread that ends sessions meanwhile is not the one whose steps are counted.
          boolean counted =
              STEPS.contains(method.getName())
                  && !Thread.currentThread().getName().equals("holdfast-disconnect");
          if (counted && steps.getAndIncrement() == lostAt) {
            step = method.getName() + (arguments == null ? "" : " " + arguments[0]);
            cut(connection);
          }
          boolean losesTheAnswer = method.getName().equals("commit");
          Object result = invoke(target, method, arguments);
          if (losesTheAnswer && steps.getAndIncrement() == lostAt) {
            step = "after commit";
            cut(connection);
            throw new SQLException("The answer was lost", "08006");
          }
          if (result instanceof Statement statement) {
            return proxy(statement, connection, method.getReturnType());
          }
          return result;
        });
  }

  private static void cut(Connection connection) throws SQLException {
    int process = connection.unwrap(PGConnection.class).getBackendPID();
    TestPostgres.maintenance("SELECT pg_terminate_backend(" + process + ")");
  }

  private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
