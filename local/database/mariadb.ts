import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { access, readFile, rm } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { escape, escapeId } from 'mysql2'
import type { Database, DatabaseEngine, DatabasePlace, EngineSite, Missing, NewDatabase } from './engine.ts'
import { errorCode, errorInOneLine } from './error-code.ts'
import { copyTree, exists, makeDirectory } from './files.ts'
import { ServerProcess } from './server-process.ts'
import type { ServerUser } from './server-user.ts'
import { type SqlClient, connectToMysql } from './sql-client.ts'

const execute = promisify(execFile)

/** The user with every privilege, as RDS calls its own. */
const ADMINISTRATOR = 'rdsadmin'
const LOOPBACK = '127.0.0.1'

interface Installation {
  readonly mariadbd: string
  /** SQL that makes the system tables. */
  readonly systemTables: string
  readonly user: ServerUser
  readonly administratorPassword: string
}

/** MariaDB as the system has it, such as Debian's package mariadb-server or only mariadb-server-core. */
export async function mariadb({ user }: EngineSite): Promise<DatabaseEngine | Missing> {
  const mariadbd = await findProgram('mariadbd')
  if (mariadbd === undefined) return { missing: 'MariaDB (mariadbd) is not installed' }
  const systemTables = await readSystemTables(mariadbd)
  if (systemTables === undefined) return { missing: `the SQL files that belong to ${mariadbd} are missing` }
  const version = await execute(mariadbd, ['--no-defaults', '--version']).catch(errorInOneLine)
  if (typeof version === 'string') return { missing: `MariaDB does not run here: ${version}` }
  const administratorPassword = randomBytes(18).toString('base64url')
  const installation: Installation = { mariadbd, systemTables, user, administratorPassword }
  return {
    product: `MariaDB ${/\d+(?:\.\d+)+/.exec(version.stdout)?.[0] ?? ''}`.trim(),
    open: (place) => new MariadbDatabase(installation, place),
  }
}

async function findProgram(name: string): Promise<string | undefined> {
  // Debian has it in /usr/sbin, which is not on every user's path.
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  for (const directory of directories.filter((path) => path !== '')) {
    const path = join(directory, name)
    try {
      await access(path)
      return path
    } catch {
      continue
    }
  }
  return undefined
}

const SYSTEM_TABLES = [
  'mysql_system_tables.sql',
  'mysql_performance_tables.sql',
  'mysql_system_tables_data.sql',
]

/** MariaDB's own root has no password; what is left is the user that the views of `sys` belong to, which is locked. */
const WITHOUT_ROOT = "DELETE FROM global_priv WHERE User <> 'mariadb.sys';"

/** MySQL 8 tells in mysql.user which accounts are locked; MariaDB keeps it in JSON behind that view. */
const LAST_SHARED_COLUMN = 'AS password_expired,'
const WITH_LOCKS = `${LAST_SHARED_COLUMN} IF(JSON_VALUE(Priv, '$.account_locked') IN ('1', 'true'), 'Y', 'N') AS account_locked,`

/** What mariadb-install-db feeds to the server; that script needs programs of the client's package, too. */
async function readSystemTables(mariadbd: string): Promise<string | undefined> {
  for (const name of ['mysql', 'mariadb']) {
    const directory = join(dirname(mariadbd), '..', 'share', name)
    if (!(await exists(join(directory, SYSTEM_TABLES[0] ?? '')))) continue
    const files = await Promise.all(SYSTEM_TABLES.map((file) => readFile(join(directory, file), 'utf8')))
    return [
      'CREATE DATABASE mysql;',
      'USE mysql;',
      'SET @auth_root_socket = NULL;',
      ...files.map((text) => text.replace(LAST_SHARED_COLUMN, WITH_LOCKS)),
      WITHOUT_ROOT,
      '',
    ].join('\n')
  }
  return undefined
}

/** A quick restart after a crash of the machine is worth nothing to a database that lives for minutes. */
const SETTINGS: readonly string[] = [
  '--innodb-flush-method=nosync',
  '--innodb-data-file-path=ibdata1:4M:autoextend',
  // In megabytes: what is copied again and again is small.
  '--innodb-autoextend-increment=1',
  '--innodb-log-file-size=8M',
  '--innodb-buffer-pool-size=32M',
  '--innodb-use-native-aio=0',
]

const SERVER_SETTINGS: readonly string[] = [
  `--bind-address=${LOOPBACK}`,
  '--socket=',
  '--skip-name-resolve',
  '--skip-log-bin',
  '--performance-schema=off',
  // Events would go by the server's own clock, which is not that of the local cloud.
  '--event-scheduler=off',
  '--max-connections=50',
  '--default-time-zone=+00:00',
  '--character-set-server=utf8mb4',
]

/** What RDS gives the master user: all but what reaches the server itself. (RDS user guide, "Master user account privileges".) */
const MASTER_PRIVILEGES = [
  'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES',
  'CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW',
  'CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER',
].join(', ')

/** Made by the server that runs, or remade by the next one. */
const NOT_COPIED = /(?:^|\/)(?:ibtmp\d+|ib_buffer_pool|[^/]+\.pid)$/

class MariadbDatabase implements Database {
  readonly #installation: Installation
  readonly #place: DatabasePlace
  #server: ServerProcess | undefined

  constructor(installation: Installation, { directory, port }: DatabasePlace) {
    this.#installation = installation
    this.#place = { directory, port }
  }

  get isRunning(): boolean {
    return this.#server?.isRunning === true
  }

  async create({ masterUsername, masterPassword, databaseName }: NewDatabase): Promise<void> {
    const { mariadbd, systemTables, user, administratorPassword } = this.#installation
    const { directory } = this.#place
    await makeDirectory(directory, user)
    await makeDirectory(`${directory}.tmp`, user)
    const administrator = `${escape(ADMINISTRATOR)}@${escape(LOOPBACK)}`
    const master = `${escape(masterUsername)}@'%'`
    const statements = [
      // From here on users are known.
      'FLUSH PRIVILEGES',
      `CREATE USER ${administrator} IDENTIFIED BY ${escape(administratorPassword)}`,
      `GRANT ALL ON *.* TO ${administrator} WITH GRANT OPTION`,
      // MySQL's own, as every server of version 8 has them. (MySQL manual, "Reserved Accounts".)
      ...['mysql.infoschema', 'mysql.session', 'mysql.sys'].map(
        (name) => `CREATE USER ${escape(name)}@'localhost' ACCOUNT LOCK`,
      ),
      `CREATE USER ${master} IDENTIFIED BY ${escape(masterPassword)}`,
      `GRANT ${MASTER_PRIVILEGES} ON *.* TO ${master} WITH GRANT OPTION`,
      ...(databaseName === undefined ? [] : [`CREATE DATABASE ${escapeId(databaseName)}`]),
      // The master user may end whatever runs, but only so. (RDS user guide, "Ending a session or query".)
      ...(['', ' QUERY'] as const).map((kind) => {
        const name = kind === '' ? 'rds_kill' : 'rds_kill_query'
        return `CREATE DEFINER = ${administrator} PROCEDURE mysql.${name}(IN thread BIGINT) KILL${kind} thread`
      }),
    ]
    const bootstrap = execute(
      mariadbd,
      [
        '--no-defaults',
        '--bootstrap',
        `--datadir=${directory}`,
        // A server that starts elsewhere removes temporary tables from a directory that both use.
        `--tmpdir=${directory}.tmp`,
        '--skip-networking',
        ...SETTINGS,
      ],
      { ...user, cwd: '/', env: {} },
    )
    // A server that ends before it has read everything is the error, and not that nobody reads.
    bootstrap.child.stdin
      ?.on('error', () => undefined)
      .end(`${systemTables}\n${statements.map((one) => `${one};\n`).join('')}`)
    await bootstrap
  }

  async start(): Promise<void> {
    const { mariadbd, user } = this.#installation
    const { directory, port } = this.#place
    await makeDirectory(`${directory}.tmp`, user)
    const paths = [
      `--datadir=${directory}`,
      `--tmpdir=${directory}.tmp`,
      `--pid-file=${directory}/server.pid`,
    ]
    this.#server = await ServerProcess.start({
      product: 'MariaDB',
      executable: mariadbd,
      args: ['--no-defaults', ...paths, `--port=${port}`, ...SETTINGS, ...SERVER_SETTINGS],
      user,
      logFile: `${directory}.log`,
      answers: () => this.#answers(),
    })
  }

  async stop(): Promise<void> {
    await this.#server?.stop('SIGTERM')
  }

  /**
   * MariaDB's own way to copy a running server is a package of its own. This one is held while its files are copied: the copy recovers as
   * after a crash, and connections live on. Where it cannot be held, it is stopped for the copy.
   */
  async copyTo(to: string): Promise<void> {
    const server = this.isRunning ? this.#server : undefined
    if ((await server?.hold()) === true) {
      try {
        await this.#copyFiles(to)
      } finally {
        server?.release()
      }
      return
    }
    if (server !== undefined) await this.stop()
    await this.#copyFiles(to)
    if (server !== undefined) await this.start()
  }

  async #copyFiles(to: string): Promise<void> {
    const { user } = this.#installation
    await copyTree({ from: this.#place.directory, to, user, leaveOut: (path) => NOT_COPIED.test(path) })
  }

  async setPassword({
    username,
    password,
  }: {
    readonly username: string
    readonly password: string
  }): Promise<void> {
    const client = await this.administrator()
    await client.query(`ALTER USER ${escape(username)}@'%' IDENTIFIED BY ${escape(password)}`)
    await client.close()
  }

  async remove(): Promise<void> {
    await this.#server?.stop('SIGKILL')
    const { directory } = this.#place
    for (const path of [directory, `${directory}.log`, `${directory}.tmp`])
      await rm(path, { recursive: true, force: true })
  }

  async #answers(): Promise<boolean> {
    try {
      const client = await this.administrator()
      await client.close()
      return true
    } catch (error) {
      const code = errorCode(error)
      if (code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'PROTOCOL_CONNECTION_LOST')
        return false
      throw error
    }
  }

  async administrator(database?: string): Promise<SqlClient> {
    return await connectToMysql({
      database,
      host: LOOPBACK,
      port: this.#place.port,
      user: ADMINISTRATOR,
      password: this.#installation.administratorPassword,
    })
  }
}
