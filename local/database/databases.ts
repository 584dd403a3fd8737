import { join } from 'node:path'
import { setTimeout as realSleep } from 'node:timers/promises'
import { type CloudClock, working } from '../time/clock.ts'
import { type EndpointLocation, type EndpointOwner, realisticAddress } from '../aurora/endpoints.ts'
import type { Database, DatabaseEngine, Missing } from './engine.ts'
import { guard } from './guard.ts'
import { type DatabaseCluster, type Goal, goalOf, originOf } from './plan.ts'
import { PortPool } from './ports.ts'
import { mariadb } from './mariadb.ts'
import { nativeDirectory, postgresql } from './postgresql.ts'
import { clearAway, makePrivateDirectory } from './private-directory.ts'
import { serverUser } from './server-user.ts'
import { type Row, connectTo } from './sql-client.ts'

/** As many as an account has clusters in a Region at most, and some more that linger. [aurora §2.3] */
const PORTS = 60
/** Real time. */
const LOOK_EVERY_MS = 100
/** After so many in a row the pause, which doubles with each, is 6.4 s. */
const MAX_FAILURES = 6

/** A cluster as its control plane knows it. */
export interface ServedCluster extends DatabaseCluster {
  readonly engine: string
  readonly masterUsername: string
  readonly masterPassword: string
  readonly masterPasswordFrom?: number
  readonly databaseName?: string
}

export interface DatabasesOptions {
  readonly clock: CloudClock
  /** How long nothing listens yet although AWS calls the cluster and its writer available. */
  readonly listeningAfterMs: number
}

/** A cluster's database, and what has been done for it. */
interface Holding {
  readonly database: Database
  password: string
  availableSince: number | undefined
}

type Engines = Readonly<Record<string, DatabaseEngine | Missing>>

/**
 * The data plane: real database servers behind the endpoints of the clusters. It is level-triggered: whenever AWS is asked
 * something, and every moment in between, it compares what runs with what the control plane says, and mends the difference.
 */
export class Databases {
  readonly #directory: string
  readonly #engines: Engines
  readonly #ports: PortPool
  readonly #options: DatabasesOptions
  readonly #endGuard: () => void
  readonly #portOf = new Map<string, number>()
  readonly #holdings = new Map<string, Holding>()
  #clusters: () => readonly ServedCluster[] = () => []
  readonly #closing = new AbortController()
  #round: Promise<void> = Promise.resolve()
  #nextRound: Promise<void> | undefined

  private constructor(opened: {
    directory: string
    engines: Engines
    ports: PortPool
    options: DatabasesOptions
    endGuard: () => void
  }) {
    this.#directory = opened.directory
    this.#engines = opened.engines
    this.#ports = opened.ports
    this.#options = opened.options
    this.#endGuard = opened.endGuard
  }

  /** Clears away what a local cloud that was killed has left, and finds out which engines this machine can serve. */
  static async open(options: DatabasesOptions): Promise<Databases> {
    const user = await serverUser()
    const directory = await makePrivateDirectory(user)
    const endGuard = guard(directory)
    try {
      const site = { directory, user }
      const engines: Engines = {
        'aurora-postgresql': await postgresql(site, nativeDirectory()),
        'aurora-mysql': await mariadb(site),
      }
      return new Databases({ directory, engines, ports: await PortPool.of(PORTS), options, endGuard })
    } catch (error) {
      await clearAway(directory)
      endGuard()
      throw error
    }
  }

  /** The software that serves an engine of Aurora's here, or why there is none. */
  engine(name: string): DatabaseEngine | Missing {
    return this.#engines[name] ?? { missing: `nothing stands in for ${name}` }
  }

  /** From now on these clusters' databases are looked after. */
  watch(clusters: () => readonly ServedCluster[]): void {
    this.#clusters = clusters
    const { clock } = this.#options
    // What goes wrong is told to whoever asks AWS next.
    const look = (): Promise<void> => this.settle().catch(() => undefined)
    if (clock.afterEachJump === undefined) void this.#keepLooking(this.#closing.signal)
    else this.#closing.signal.addEventListener('abort', clock.afterEachJump(look))
  }

  /** The endpoint of a cluster that is served here has a port of its own, known before anything listens there. */
  readonly addressOf = (owner: EndpointOwner): EndpointLocation => {
    if ('missing' in this.engine(owner.engine)) return realisticAddress(owner)
    return { address: '127.0.0.1', port: this.#portFor(owner.clusterResourceId) }
  }

  /** A statement of the RDS Data API, by the master user. The server decides whether the password of the secret is in force. */
  readonly run = async (
    {
      engine,
      resourceId,
      masterUsername: user,
      masterPassword: password,
      databaseName,
    }: Pick<ServedCluster, 'engine' | 'resourceId' | 'masterUsername' | 'masterPassword' | 'databaseName'>,
    { sql = '', database = databaseName }: { readonly sql?: string; readonly database?: string },
  ): Promise<readonly Row[]> => {
    const login = { host: '127.0.0.1', port: this.#portFor(resourceId), user, password, database }
    const client = await connectTo(engine, login, this.#options.clock)
    try {
      return await client.query(sql)
    } finally {
      await client.close()
    }
  }

  /** Resolves when everything is as the control plane says at this moment; rejects with what could not be done. */
  async settle(): Promise<void> {
    // A round under way may have looked already: who comes now shares the next one.
    this.#nextRound ??= this.#round
      .catch(() => undefined)
      .then(async () => {
        this.#nextRound = undefined
        this.#round = working(this.#options.clock, 'a database server', () => this.#mendAll())
        await this.#round
      })
    await this.#nextRound
  }

  /** Ends every server and removes every file. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#clusters = () => []
    try {
      await this.settle()
    } finally {
      await clearAway(this.#directory)
      this.#endGuard()
    }
  }

  /** Time passes without anybody asking AWS: servers come and go then, too. */
  async #keepLooking(signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      // What goes wrong is told to whoever asks AWS next, and not tried again and again until then.
      const hasFailed = await this.settle().then(
        () => false,
        () => true,
      )
      failures = hasFailed ? Math.min(failures + 1, MAX_FAILURES) : 0
      const pauseMs = LOOK_EVERY_MS * 2 ** failures
      await realSleep(pauseMs, undefined, { ref: false, signal }).catch(() => undefined)
    }
  }

  async #mendAll(): Promise<void> {
    const clusters = this.#clusters()
    this.#forgetPorts(idsOf(clusters))
    const staying = clusters.filter((cluster) => goalOf(cluster) !== 'removed')
    const failures: unknown[] = []
    const attempt = async (work: Promise<void>): Promise<void> => {
      await work.catch((error: unknown) => failures.push(error))
    }
    // One after the other: a clone of a clone needs the files of the first.
    for (const cluster of staying)
      if (!('missing' in this.engine(cluster.engine))) await attempt(this.#mend(cluster))
    // Last: a clone may have been asked for just before its source was deleted, and needs its files until now.
    const needed = idsOf(staying)
    for (const resourceId of this.#holdings.keys())
      if (!needed.has(resourceId)) await attempt(this.#remove(resourceId))
    if (failures.length > 0) throw failures[0]
  }

  /** A cluster that is being deleted is still listed, with its port. */
  #forgetPorts(present: ReadonlySet<string>): void {
    for (const [resourceId, port] of this.#portOf) {
      if (present.has(resourceId)) continue
      this.#portOf.delete(resourceId)
      this.#ports.giveBack(port)
    }
  }

  #portFor(resourceId: string): number {
    const known = this.#portOf.get(resourceId)
    const port = known ?? this.#ports.take()
    this.#portOf.set(resourceId, port)
    return port
  }

  async #mend(cluster: ServedCluster): Promise<void> {
    const holding = this.#holdings.get(cluster.resourceId) ?? (await this.#make(cluster))
    const { database } = holding
    if (!this.#mayListen(holding, goalOf(cluster))) {
      if (database.isRunning) await database.stop()
      return
    }
    if (!database.isRunning) await database.start()
    const isPasswordDue = this.#options.clock.now() >= (cluster.masterPasswordFrom ?? -Infinity)
    if (isPasswordDue && holding.password !== cluster.masterPassword) {
      await database.setPassword({ username: cluster.masterUsername, password: cluster.masterPassword })
      holding.password = cluster.masterPassword
    }
  }

  #mayListen(holding: Holding, goal: Goal): boolean {
    const now = this.#options.clock.now()
    holding.availableSince = goal === 'running' ? (holding.availableSince ?? now) : undefined
    const { availableSince = Infinity } = holding
    return now >= availableSince + this.#options.listeningAfterMs
  }

  async #make(cluster: ServedCluster): Promise<Holding> {
    const engine = this.engine(cluster.engine)
    if ('missing' in engine) throw new Error(engine.missing)
    const { resourceId, masterUsername, masterPassword, databaseName } = cluster
    const place = { directory: join(this.#directory, resourceId), port: this.#portFor(resourceId) }
    const origin = originOf(cluster)
    const source = origin === 'nothing' ? undefined : this.#holdings.get(origin.copiedFrom)
    if (origin !== 'nothing' && source === undefined)
      throw new Error(`The files of ${origin.copiedFrom}, which ${resourceId} is a copy of, are gone.`)
    const database = engine.open(place)
    try {
      if (source === undefined) await database.create({ masterUsername, masterPassword, databaseName })
      else await source.database.copyTo(place.directory)
    } catch (error) {
      // Half a database is none: the next round begins afresh.
      await database.remove()
      throw error
    }
    const holding: Holding = {
      database,
      // The users of a copy are those of its source, with their passwords.
      password: source?.password ?? masterPassword,
      availableSince: undefined,
    }
    this.#holdings.set(resourceId, holding)
    return holding
  }

  async #remove(resourceId: string): Promise<void> {
    const holding = this.#holdings.get(resourceId)
    if (holding === undefined) return
    this.#holdings.delete(resourceId)
    await holding.database.remove()
  }
}

function idsOf(clusters: readonly ServedCluster[]): ReadonlySet<string> {
  return new Set(clusters.map(({ resourceId }) => resourceId))
}
