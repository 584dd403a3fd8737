import { type Dialect, MARKERS, type MarkedCalls, text } from './dialect.ts'

function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** The user of a name from an input, in hexadecimal, since `sql_mode` changes what a backslash means. */
function userOf(login: string): string {
  return `CONVERT(0x${Buffer.from(login.replace(/@[^@]*$/, '') || '-').toString('hex')} USING utf8mb4)`
}

/** In backticks, where a backslash is a backslash under every `sql_mode`. */
function account(user: string, host: string): string {
  return `${identifier(user)}@${identifier(host)}`
}

/**
 * Accounts of AWS's and MySQL's own, each with the host that it has: with another host it is another account (Aurora user guide,
 * AuroraMySQL.Security; MySQL, reserved accounts).
 */
const RESERVED = [
  'rdsadmin@localhost',
  'rdsadmin@127.0.0.1',
  'rdsproxyadmin@%',
  'rdsrepladmin@%',
  'mysql.sys@localhost',
  'mysql.session@localhost',
  'mysql.infoschema@localhost',
]
const SYSTEM_SCHEMAS = ['information_schema', 'mysql', 'performance_schema', 'sys', MARKERS]

/** Threads of the server, and users of AWS's own. */
const SERVER_USERS = [
  'system user',
  'event_scheduler',
  'unauthenticated user',
  'rdsadmin',
  'rdsproxyadmin',
  'rdsrepladmin',
]

function list(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ')
}

/**
 * No variable stands in it: a name of its own would come before a column of the same name.
 * A procedure, since a block outside of one is no statement of MySQL. It stands in the database of the statement, which is where names in
 * it are looked for.
 */
function procedure(number: number, body: string): MarkedCalls {
  const name = `${MARKERS}_${number}`
  return {
    before: [`CREATE PROCEDURE ${name}()\nBEGIN\n${body}\nEND`],
    run: `CALL ${name}()`,
    after: [`DROP PROCEDURE ${name}`],
  }
}

export const MYSQL: Dialect = {
  defaultDatabase: undefined,
  logins: `SELECT user, host FROM mysql.user WHERE account_locked = 'N' AND CAST(CONCAT(user, '@', host) AS BINARY) <> CAST(CURRENT_USER() AS BINARY) AND CONCAT(user, '@', host) NOT IN (${list(RESERVED)}) ORDER BY user, host`,
  loginName: ([user, host]) => `${text(user)}@${text(host)}`,
  disableLogin: ([user, host]) => `ALTER USER ${account(text(user), text(host))} ACCOUNT LOCK`,
  keptBy: ([user, host]) => [text(user), `${text(user)}@${text(host)}`],
  thisSession: 'SELECT CONNECTION_ID()',
  // MySQL keeps the sessions of an account that is locked. Ids of connections only grow.
  sessionsToEnd: (since, kept) =>
    `SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND user NOT IN (${[list(SERVER_USERS), ...kept.map(userOf)].join(', ')}) AND (user <> SUBSTRING_INDEX(CURRENT_USER(), '@', 1) OR id < ${Number(since)})`,
  endSession: ([id]) => `CALL mysql.rds_kill(${Number(id)})`,
  otherDatabases: undefined,
  automations: [
    {
      title: 'events',
      where: 'one',
      list: `SELECT event_schema, event_name FROM information_schema.events WHERE status = 'ENABLED' ORDER BY 1, 2`,
      read: ([schema, name]) => ({
        name: `${text(schema)}.${text(name)}`,
        off: { sql: `ALTER EVENT ${identifier(text(schema))}.${identifier(text(name))} DISABLE` },
      }),
    },
  ],
  setUpMarkers: [
    `CREATE DATABASE ${MARKERS}`,
    `CREATE TABLE ${MARKERS}.done (number INT PRIMARY KEY, rows_found BIGINT NOT NULL)`,
  ],
  removeMarkers: [`DROP DATABASE IF EXISTS ${MARKERS}`],
  note: ({ number, rows }) => `INSERT INTO ${MARKERS}.done VALUES (${number}, ${rows})`,
  marked: ({ number, text: sql }) =>
    procedure(number, `${sql}\n;\nINSERT INTO ${MARKERS}.done VALUES (${number}, GREATEST(ROW_COUNT(), 0));`),
  counted: ({ number, text: sql }) => ({
    before: [],
    run: `INSERT INTO ${MARKERS}.done SELECT ${number}, COUNT(*) FROM (${sql}\n) AS found`,
    after: [],
  }),
  markers: ({ first, last }) =>
    `SELECT number, rows_found FROM ${MARKERS}.done WHERE number BETWEEN ${first} AND ${last}`,
  running: `SELECT COUNT(*) FROM information_schema.processlist WHERE user = SUBSTRING_INDEX(CURRENT_USER(), '@', 1) AND command <> 'Sleep' AND id <> CONNECTION_ID()`,
  newStatistics: [],
  columns: ({ offset, limit }) => `SELECT c.table_schema, c.table_name, c.column_name
FROM information_schema.columns c
JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
WHERE t.table_type = 'BASE TABLE' AND c.table_schema NOT IN (${list(SYSTEM_SCHEMAS)})
ORDER BY 1, 2, 3 LIMIT ${limit} OFFSET ${offset}`,
}
