import { firstWord } from '../first-word.ts'
import { type Dialect, MARKERS, type MarkedCalls, text } from './dialect.ts'

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The form with E counts backslashes the same way under each setting of `standard_conforming_strings`. */
function literal(value: string): string {
  return `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

/** Roles of AWS's own that may log in. Nobody else can: their passwords are AWS's (Aurora user guide, AuroraPostgreSQL.Security). */
const AWS_ROLES = ['rdsadmin', 'rdsproxyadmin', 'rdsrepladmin', 'rdstopmgr', 'rdswriteforwarduser']

/** Without the schema of the markers, and AWS's own database. */
const DATA_SCHEMAS = `n.nspname NOT IN ('pg_catalog', 'information_schema', '${MARKERS}') AND n.nspname !~ '^pg_(toast|temp)'`

function noted(number: number): string {
  return `INSERT INTO ${MARKERS}.done (number, rows_found) VALUES (${number}, n);`
}

/** Row-level security would hide rows from a statement without a word: switched off, it is an error (PostgreSQL, row_security). */
function block(nonce: string, body: string): string {
  return `DO $b${nonce}$
DECLARE n bigint := 0;
BEGIN
PERFORM set_config('row_security', 'off', true);
${body}
END
$b${nonce}$`
}

function alone(run: string): MarkedCalls {
  return { before: [], run, after: [] }
}

/** The text ends with a line break, since it may end in a comment. */
function quoted(nonce: string, sql: string): string {
  return `$s${nonce}$${sql}\n$s${nonce}$`
}

/**
 * ANALYZE leaves the statistics of an empty table as they were, and a column that gets its own type again loses them (PostgreSQL,
 * `do_analyze_rel` and `ATExecAlterColumnType`). What cannot be altered, such as a column of a view, stays.
 */
const FORGET_EMPTY_TABLES = `DO $forget$
DECLARE c record;
BEGIN
FOR c IN
  SELECT a.attrelid::regclass AS tab, a.attname AS col, format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation::text ELSE '' END AS typ
  FROM pg_catalog.pg_stats s
  JOIN pg_catalog.pg_namespace n ON n.nspname = s.schemaname
  JOIN pg_catalog.pg_class k ON k.relname = s.tablename AND k.relnamespace = n.oid AND k.relkind = 'r' AND k.relpages = 0
  JOIN pg_catalog.pg_attribute a ON a.attrelid = k.oid AND a.attname = s.attname
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  WHERE ${DATA_SCHEMAS}
LOOP
  BEGIN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s', c.tab, c.col, c.typ);
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
END LOOP;
END
$forget$`

export const POSTGRESQL: Dialect = {
  defaultDatabase: 'postgres',
  logins: `SELECT rolname FROM pg_catalog.pg_roles WHERE rolcanlogin AND rolname <> current_user AND rolname NOT IN (${AWS_ROLES.map(literal).join(', ')}) ORDER BY rolname`,
  loginName: ([name]) => text(name),
  disableLogin: ([name]) => `ALTER ROLE ${identifier(text(name))} NOLOGIN PASSWORD NULL`,
  keptBy: ([name]) => [text(name)],
  thisSession:
    'SELECT extract(epoch FROM backend_start)::text FROM pg_catalog.pg_stat_activity WHERE pid = pg_backend_pid()',
  sessionsToEnd: (since) =>
    `SELECT a.pid FROM pg_catalog.pg_stat_activity a JOIN pg_catalog.pg_roles r ON r.rolname = a.usename WHERE a.pid <> pg_backend_pid() AND (NOT r.rolcanlogin OR (a.usename = current_user AND a.backend_start < to_timestamp(${Number(since)})))`,
  endSession: ([pid]) => `SELECT pg_terminate_backend(${Number(pid)})`,
  otherDatabases: (database) =>
    `SELECT datname, datallowconn FROM pg_catalog.pg_database WHERE datname NOT IN ('rdsadmin', 'template0', ${literal(database)}) ORDER BY datname`,
  automations: [
    {
      title: 'subscriptions',
      where: 'one',
      list: 'SELECT s.subname, d.datname FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid WHERE s.subenabled ORDER BY 1',
      read: ([name, database]) => ({
        name: text(name),
        off: { sql: `ALTER SUBSCRIPTION ${identifier(text(name))} DISABLE`, database: text(database) },
      }),
    },
    {
      // One that is in the middle of a transaction does not see that its subscription is off, and goes on.
      title: 'workers of subscriptions',
      where: 'one',
      list: 'SELECT s.subname, w.pid FROM pg_catalog.pg_stat_subscription w JOIN pg_catalog.pg_subscription s ON s.oid = w.subid WHERE w.pid IS NOT NULL AND NOT s.subenabled ORDER BY 1, 2',
      read: ([name, pid]) => ({
        name: text(name),
        off: { sql: `SELECT pg_terminate_backend(${Number(pid)})` },
      }),
    },
    {
      title: 'replication slots',
      where: 'one',
      list: 'SELECT slot_name, coalesce(database, current_database()) FROM pg_catalog.pg_replication_slots ORDER BY 1',
      read: ([name, database]) => ({
        name: text(name),
        off: { sql: `SELECT pg_drop_replication_slot(${literal(text(name))})`, database: text(database) },
      }),
    },
    {
      title: 'pg_cron jobs',
      where: 'every',
      exists: `SELECT to_regclass('cron.job') IS NOT NULL`,
      list: 'SELECT jobid, current_database() FROM cron.job WHERE active ORDER BY 1',
      read: ([id, database]) => ({
        name: text(id),
        off: {
          sql: `SELECT cron.alter_job(job_id := ${Number(id)}, active := false)`,
          database: text(database),
        },
      }),
    },
  ],
  setUpMarkers: [
    `CREATE SCHEMA ${MARKERS}`,
    `CREATE TABLE ${MARKERS}.done (number integer PRIMARY KEY, rows_found bigint NOT NULL)`,
  ],
  removeMarkers: [`DROP SCHEMA IF EXISTS ${MARKERS} CASCADE`],
  note: ({ number, rows }) => `INSERT INTO ${MARKERS}.done VALUES (${number}, ${rows})`,
  marked: ({ number, text: sql, nonce }) =>
    alone(
      // A procedure that commits may be called by the block itself alone.
      firstWord(sql) === 'CALL'
        ? block(nonce, `${sql}\n;\n${noted(number)}`)
        : block(nonce, `EXECUTE ${quoted(nonce, sql)};\nGET DIAGNOSTICS n = ROW_COUNT;\n${noted(number)}`),
    ),
  counted: ({ number, text: sql, nonce }) =>
    alone(
      block(
        nonce,
        `EXECUTE ${quoted(nonce, `SELECT count(*) FROM (${sql}\n) AS found`)} INTO n;\n${noted(number)}`,
      ),
    ),
  markers: ({ first, last }) =>
    `SELECT number, rows_found FROM ${MARKERS}.done WHERE number BETWEEN ${first} AND ${last}`,
  running: `SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE usename = current_user AND state <> 'idle' AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  newStatistics: ['ANALYZE', FORGET_EMPTY_TABLES],
  columns: ({ offset, limit }) => `SELECT n.nspname, c.relname, a.attname
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'f') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped AND ${DATA_SCHEMAS}
UNION ALL SELECT 'pg_catalog', 'pg_largeobject', 'data' WHERE EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata)
ORDER BY 1, 2, 3 LIMIT ${limit} OFFSET ${offset}`,
}
