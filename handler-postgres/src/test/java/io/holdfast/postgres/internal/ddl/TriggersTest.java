package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.postgres.TestPostgres;
import io.holdfast.postgres.TestPostgres.Database;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rules, triggers and event triggers come back, and act when they acted before. */
class TriggersTest {
  private static final String TRIGGERS =
      "SELECT concat_ws(' ', tgrelid::regclass, pg_get_triggerdef(t.oid), tgenabled,"
          + " obj_description(t.oid), obj_description(tgconstraint),"
          + " (SELECT count(*) FROM pg_depend d WHERE d.objid = t.oid AND deptype = 'x'))"
          + " FROM pg_trigger t WHERE NOT tgisinternal OR tgparentid <> 0 ORDER BY 1";

  private Database source;
  private Database target;

  @BeforeEach
  void createDatabases() throws Exception {
    source = TestPostgres.createDatabase();
    target = TestPostgres.createDatabase();
    source.execute(
        "CREATE TABLE users (id int, name text)",
        "CREATE VIEW \"the view\" AS SELECT * FROM users",
        "CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE FUNCTION on_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'");
  }

  @AfterEach
  void dropDatabases() throws Exception {
    source.close();
    target.close();
  }

  @Test
  void triggersOfAllKindsComeBack() throws Exception {
    source.execute(
        "CREATE EXTENSION citext",
        "CREATE TRIGGER t_off BEFORE INSERT OR UPDATE OF name ON users FOR EACH ROW"
            + " WHEN (NEW.id > 4) EXECUTE FUNCTION act('a', 'b''c', E'\\\\', '')",
        "ALTER TABLE users DISABLE TRIGGER t_off",
        "CREATE TRIGGER t_replica AFTER UPDATE ON users REFERENCING OLD TABLE AS \"old ones\""
            + " NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION act()",
        "ALTER TABLE users ENABLE REPLICA TRIGGER t_replica",
        "ALTER TRIGGER t_replica ON users DEPENDS ON EXTENSION citext",
        "CREATE CONSTRAINT TRIGGER \"t \"\"c\" AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED"
            + " FOR EACH ROW EXECUTE FUNCTION act()",
        "ALTER TABLE users ENABLE ALWAYS TRIGGER \"t \"\"c\"",
        "COMMENT ON TRIGGER \"t \"\"c\" ON users IS 'it''s a trigger'",
        "COMMENT ON CONSTRAINT \"t \"\"c\" ON users IS 'its constraint'",
        "CREATE TRIGGER instead INSTEAD OF INSERT ON \"the view\" FOR EACH ROW"
            + " EXECUTE FUNCTION act()");
    SchemaReplay.assertReplays(source, target);
    assertThat(target.query(TRIGGERS)).isEqualTo(source.query(TRIGGERS)).hasSize(4);
  }

  @Test
  void whatPartitionsHaveFromTheirParentKeepsItsState() throws Exception {
    source.execute(
        "CREATE TABLE parted (id int, part int) PARTITION BY LIST (part)",
        "CREATE TABLE one PARTITION OF parted FOR VALUES IN (1)",
        "CREATE TABLE two PARTITION OF parted FOR VALUES IN (2) PARTITION BY LIST (part)",
        "CREATE TABLE two_one PARTITION OF two FOR VALUES IN (2)",
        "CREATE TRIGGER plain AFTER INSERT ON parted FOR EACH ROW EXECUTE FUNCTION act()",
        "CREATE TRIGGER one_off AFTER INSERT ON parted FOR EACH ROW EXECUTE FUNCTION act()",
        "ALTER TABLE one DISABLE TRIGGER one_off",
        "CREATE TRIGGER all_off AFTER INSERT ON parted FOR EACH ROW EXECUTE FUNCTION act()",
        "ALTER TABLE parted DISABLE TRIGGER all_off",
        "ALTER TABLE two_one ENABLE ALWAYS TRIGGER all_off",
        "ALTER TABLE one ENABLE TRIGGER all_off",
        "CREATE TRIGGER \"mid \"\"1\" AFTER INSERT ON parted FOR EACH ROW EXECUTE FUNCTION act()",
        "ALTER TABLE two ENABLE REPLICA TRIGGER \"mid \"\"1\"",
        "CREATE TRIGGER own AFTER DELETE ON one FOR EACH ROW EXECUTE FUNCTION act()",
        "COMMENT ON TRIGGER plain ON two_one IS 'a comment of its own'");
    SchemaReplay.assertReplays(source, target);
    assertThat(target.query(TRIGGERS)).isEqualTo(source.query(TRIGGERS)).hasSize(17);
  }

  @Test
  void rulesOfTablesAndViewsComeBack() throws Exception {
    source.execute(
        "CREATE RULE \"_RETURN too\" AS ON INSERT TO \"the view\" DO INSTEAD"
            + " INSERT INTO users VALUES (NEW.id, ';') RETURNING id, name",
        "CREATE RULE several AS ON UPDATE TO users WHERE NEW.id > 4 DO ALSO"
            + " (DELETE FROM users WHERE id = 0; UPDATE users SET name = name WHERE id = 0)",
        "ALTER TABLE users DISABLE RULE several",
        "CREATE RULE \"r \"\"1\" AS ON DELETE TO users DO ALSO NOTIFY gone",
        "ALTER TABLE users ENABLE ALWAYS RULE \"r \"\"1\"",
        "CREATE RULE r_replica AS ON DELETE TO users DO INSTEAD NOTHING",
        "ALTER TABLE users ENABLE REPLICA RULE r_replica",
        "COMMENT ON RULE \"r \"\"1\" ON users IS 'a rule'");
    SchemaReplay.assertReplays(source, target);
    String rules =
        "SELECT concat_ws(' ', pg_get_ruledef(oid), ev_enabled, obj_description(oid))"
            + " FROM pg_rewrite WHERE ev_class > 16384 ORDER BY 1";
    assertThat(target.query(rules)).isEqualTo(source.query(rules)).hasSize(5);
  }

  @Test
  void constraintsWhoseTriggersAreOffStayOff() throws Exception {
    source.execute(
        "CREATE TABLE \"the ''keys\" (id int PRIMARY KEY, n int UNIQUE DEFERRABLE)",
        "CREATE TABLE refers (id int REFERENCES \"the ''keys\","
            + " n int CONSTRAINT \"it's\" REFERENCES \"the ''keys\" (id) ON DELETE CASCADE)",
        "ALTER TABLE refers DISABLE TRIGGER ALL",
        "ALTER TABLE \"the ''keys\" DISABLE TRIGGER ALL",
        "CREATE TABLE parted (id int REFERENCES \"the ''keys\") PARTITION BY LIST (id)",
        "CREATE TABLE one PARTITION OF parted FOR VALUES IN (1)",
        "CREATE TABLE two PARTITION OF parted FOR VALUES IN (2)",
        "ALTER TABLE parted DISABLE TRIGGER ALL",
        "ALTER TABLE two ENABLE TRIGGER ALL");
    SchemaReplay.assertReplays(source, target);
    String triggers =
        "SELECT concat_ws(' ', tgrelid::regclass, conname, tgfoid::regproc, tgenabled)"
            + " FROM pg_trigger t JOIN pg_constraint k ON k.oid = tgconstraint ORDER BY 1";
    assertThat(target.query(triggers)).isEqualTo(source.query(triggers)).hasSizeGreaterThan(8);
    assertThat(target.query("SELECT DISTINCT tgenabled FROM pg_trigger ORDER BY 1"))
        .containsExactly("D", "O");
  }

  @Test
  void eventTriggersComeLast() throws Exception {
    source.execute(
        "CREATE EVENT TRIGGER \"e \"\"1\" ON ddl_command_end"
            + " WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION on_event()",
        "CREATE EVENT TRIGGER e2 ON sql_drop EXECUTE FUNCTION on_event()",
        "ALTER EVENT TRIGGER e2 ENABLE ALWAYS",
        "CREATE EVENT TRIGGER e3 ON ddl_command_start EXECUTE FUNCTION on_event()",
        "ALTER EVENT TRIGGER e3 DISABLE",
        "COMMENT ON EVENT TRIGGER e3 IS 'it''s off'");
    SchemaReplay.assertReplays(source, target);
    String triggers =
        "SELECT concat_ws(' ', evtname, evtevent, evttags, evtfoid::regproc, evtenabled,"
            + " pg_get_userbyid(evtowner), obj_description(oid)) FROM pg_event_trigger ORDER BY 1";
    assertThat(target.query(triggers)).isEqualTo(source.query(triggers)).hasSize(3);
  }
}
