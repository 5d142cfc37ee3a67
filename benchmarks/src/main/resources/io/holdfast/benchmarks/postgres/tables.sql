-- 10,000 tables such as applications with a schema for each customer have: a key with a sequence, an index, a foreign
-- key to a table that all share, a default, a check, ten rows.
CREATE TABLE shared (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO shared SELECT i, 'kind ' || i FROM generate_series(1, 10) i;
DO $$
BEGIN
  FOR c IN 1..100 LOOP
    EXECUTE format('CREATE SCHEMA customer_%s', c);
    FOR t IN 1..100 LOOP
      EXECUTE format(
        'CREATE TABLE customer_%1$s.t_%2$s (id bigserial PRIMARY KEY, kind int NOT NULL REFERENCES public.shared,'
        ' at timestamptz NOT NULL DEFAULT ''2026-01-01'', note text CHECK (note <> ''''), amount numeric(12,2))', c, t);
      EXECUTE format('INSERT INTO customer_%1$s.t_%2$s (kind, note, amount) SELECT i, ''note '' || i, i * 1.5'
        ' FROM generate_series(1, 10) i', c, t);
      EXECUTE format('CREATE INDEX ON customer_%1$s.t_%2$s (at, kind)', c, t);
    END LOOP;
  END LOOP;
END $$;
