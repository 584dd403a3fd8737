import { join } from 'node:path'
import { setTimeout as realSleep } from 'node:timers/promises'
import { type CloudClock, working } from '../time/clock.ts'
import { type EndpointLocation, type EndpointOwner, realisticAddress } from '../aurora/endpoints.ts'
import type { Backtrack, MarkedMoment } from '../aurora/records.ts'
import type { Database, DatabaseEngine, Missing } from './engine.ts'
import { Gate, type GatePlace } from './gate.ts'
import { guard } from './guard.ts'
import { type DatabaseCluster, type Goal, goalOf, originOf } from './plan.ts'
import { PortPool } from './ports.ts'
import { mariadb } from './mariadb.ts'
import { nativeDirectory, postgresql } from './postgresql.ts'
import { clearAway, makePrivateDirectory } from './private-directory.ts'
import { serverUser } from './server-user.ts'
import type { StatementResult } from './session.ts'
import type { SqlClient } from './sql-client.ts'
import { type StatementPlan, Statements } from './statements.ts'

/** Two for as many clusters as an account has in a Region at most, and some more that linger. [aurora §2.3] */
const PORTS = 120
const LOOPBACK = '127.0.0.1'
/** Real time. */
const LOOK_EVERY_MS = 100
/** After so many in a row the pause, which doubles with each, is 6.4 s. */
const MAX_FAILURES = 6

/** A cluster as its control plane knows it. */
export interface ServedCluster extends DatabaseCluster {
  readonly engine: string
  readonly masterUsername: string
  readonly masterPassword: string
  readonly masterPasswordInForce: string
  readonly databaseName?: string
  readonly activeSecurityGroups: readonly string[]
  readonly restorableUntil?: number | undefined
  readonly markedMoments?: readonly MarkedMoment[]
  readonly backtracks?: readonly Backtrack[]
}

export interface DatabasesOptions {
  readonly clock: CloudClock
  /** How long nothing listens yet although AWS calls the cluster and its writer available. */
  readonly listeningAfterMs: number
  /** Security groups that let nobody in, as EC2 would have it; all others let everybody in. */
  readonly closedSecurityGroups?: readonly string[]
}

/** A database as it was at an earlier time. */
interface Copy {
  readonly database: Database
  /** Of the master user. */
  readonly password: string
}

/** A cluster's database, and what has been done for it. */
interface Holding {
  readonly database: Database
  readonly gate: Gate
  restorable: (Copy & { readonly at: number }) | undefined
  /** By the `data` of marked moments. */
  readonly copies: Map<number, Copy>
  /** The last backtrack whose data it has. */
  backtrack: string | undefined
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
  readonly #statements: Statements
  readonly #placeOf = new Map<string, GatePlace>()
  readonly #holdings = new Map<string, Holding>()
  #clusters: () => readonly ServedCluster[] = () => []
  #closedGroups: ReadonlySet<string>
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
    this.#closedGroups = new Set(opened.options.closedSecurityGroups)
    this.#endGuard = opened.endGuard
    this.#statements = new Statements(opened.options.clock)
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

  /** From now on these security groups let nobody in, and all others everybody. Connections that only they allowed are cut. */
  async closeSecurityGroups(ids: readonly string[]): Promise<void> {
    this.#closedGroups = new Set(ids)
    await this.settle()
  }

  /** The endpoint of a cluster that is served here has a port of its own, known before anything listens there. */
  readonly addressOf = (owner: EndpointOwner): EndpointLocation => {
    if ('missing' in this.engine(owner.engine)) return realisticAddress(owner)
    return { address: LOOPBACK, port: this.#placeFor(owner.clusterResourceId).port }
  }

  /**
   * A statement of the RDS Data API, by the master user. It needs no route to the VPC, so no gate is in its way. The server decides
   * whether the password of the secret is in force.
   */
  readonly run = async (
    cluster: Pick<ServedCluster, 'engine' | 'resourceId' | 'masterUsername' | 'masterPassword'>,
    { database, ...plan }: StatementPlan & { readonly database: string | undefined },
  ): Promise<StatementResult | 'timed-out'> => {
    const { engine, resourceId, masterUsername: user, masterPassword: password } = cluster
    const { serverPort: port } = this.#placeFor(resourceId)
    const login = { host: LOOPBACK, port, user, password, database }
    const administrator = (): Promise<SqlClient> => this.connectAsAdministrator(cluster, database)
    return await this.#statements.run({ engine, login, administrator }, plan)
  }

  /** As `rdsadmin`, past every gate: for what at AWS was there before, or what nobody but AWS can do. Whoever asks closes it. */
  async connectAsAdministrator(
    { resourceId }: Pick<ServedCluster, 'resourceId'>,
    database?: string,
  ): Promise<SqlClient> {
    const holding = this.#holdings.get(resourceId)
    if (holding === undefined) throw new Error(`No database is served for ${resourceId}.`)
    return await holding.database.administrator(database)
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
    await this.#statements.close()
    try {
      await this.settle()
    } finally {
      await clearAway(this.#directory)
      await this.#ports.close()
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
    for (const [resourceId, { port, serverPort }] of this.#placeOf) {
      if (present.has(resourceId)) continue
      this.#placeOf.delete(resourceId)
      this.#ports.giveBack(port)
      this.#ports.giveBack(serverPort)
    }
  }

  /** A port and no socket of the file system, whose path may be too long: on macOS 103 bytes, with a long temporary directory. */
  #placeFor(resourceId: string): GatePlace {
    const place = this.#placeOf.get(resourceId) ?? {
      port: this.#ports.take(),
      serverPort: this.#ports.take(),
    }
    this.#placeOf.set(resourceId, place)
    return place
  }

  async #mend(cluster: ServedCluster): Promise<void> {
    const holding = this.#holdings.get(cluster.resourceId) ?? (await this.#make(cluster))
    const { database, gate } = holding
    await this.#followBacktracks(holding, cluster)
    const mayListen = this.#mayListen(holding, goalOf(cluster))
    if (!mayListen || !this.#letsIn(cluster)) gate.close()
    if (!mayListen) {
      if (database.isRunning) await database.stop()
      return
    }
    if (!database.isRunning) await database.start()
    const { masterUsername: username, masterPasswordInForce: password } = cluster
    if (holding.password !== password) {
      await database.setPassword({ username, password })
      holding.password = password
    }
    await this.#keepRestorable(holding, cluster)
    if (this.#letsIn(cluster)) await gate.open()
  }

  async #keepRestorable(holding: Holding, cluster: ServedCluster): Promise<void> {
    const { resourceId, restorableUntil: at } = cluster
    if (holding.restorable?.at === at) return
    await holding.restorable?.database.remove()
    holding.restorable = undefined
    if (at === undefined) return
    holding.restorable = { at, ...(await this.#copy(holding, cluster, `${resourceId}-restorable`)) }
  }

  /** Keeps the data of the moments that are marked, and goes back to those that a backtrack has led to. */
  async #followBacktracks(holding: Holding, cluster: ServedCluster): Promise<void> {
    const { backtracks = [], markedMoments = [] } = cluster
    const now = this.#options.clock.now()
    const last = backtracks.findLast(({ fails, endsAt }) => !fails && endsAt <= now)
    const isDue = last !== undefined && last.identifier !== holding.backtrack
    // What was marked before it was over has the data of before.
    const before = markedMoments.filter(({ at }) => !isDue || at < last.endsAt)
    await this.#keepMoments(holding, cluster, before)
    if (isDue) {
      await this.#rewind(holding, cluster, last)
      await this.#keepMoments(holding, cluster, markedMoments)
    }
    const kept = new Set(markedMoments.map(({ data }) => data))
    for (const [data, { database }] of holding.copies) {
      if (kept.has(data)) continue
      holding.copies.delete(data)
      await database.remove()
    }
  }

  async #keepMoments(
    holding: Holding,
    cluster: ServedCluster,
    moments: readonly MarkedMoment[],
  ): Promise<void> {
    for (const { data } of moments) {
      if (holding.copies.has(data)) continue
      const name = `${cluster.resourceId}-moment-${String(data)}`
      holding.copies.set(data, await this.#copy(holding, cluster, name))
    }
  }

  async #rewind(holding: Holding, cluster: ServedCluster, { identifier, moment }: Backtrack): Promise<void> {
    const copy = holding.copies.get(moment.data)
    if (copy === undefined) throw new Error(`The data that ${identifier} goes back to are gone.`)
    holding.gate.close()
    // Again from here on, if it goes wrong.
    await holding.database.remove()
    await copy.database.copyTo(this.#directoryOf(cluster))
    holding.password = copy.password
    holding.backtrack = identifier
  }

  async #copy({ database, password }: Holding, cluster: ServedCluster, name: string): Promise<Copy> {
    const directory = join(this.#directory, name)
    const copy = this.#open(cluster, directory)
    try {
      await database.copyTo(directory)
    } catch (error) {
      // Half a copy is none: the next round begins afresh.
      await copy.remove()
      throw error
    }
    return { database: copy, password }
  }

  #directoryOf({ resourceId }: ServedCluster): string {
    return join(this.#directory, resourceId)
  }

  #open({ engine: name, resourceId }: ServedCluster, directory: string): Database {
    const engine = this.engine(name)
    if ('missing' in engine) throw new Error(engine.missing)
    return engine.open({ directory, port: this.#placeFor(resourceId).serverPort })
  }

  /** One group is enough: their rules add up. (EC2 user guide, "Security group rules".) */
  #letsIn({ activeSecurityGroups }: ServedCluster): boolean {
    return activeSecurityGroups.some((id) => !this.#closedGroups.has(id))
  }

  #mayListen(holding: Holding, goal: Goal): boolean {
    const now = this.#options.clock.now()
    holding.availableSince = goal === 'running' ? (holding.availableSince ?? now) : undefined
    const { availableSince = Infinity } = holding
    return now >= availableSince + this.#options.listeningAfterMs
  }

  async #make(cluster: ServedCluster): Promise<Holding> {
    const { resourceId, masterUsername, masterPassword, databaseName } = cluster
    const origin = originOf(cluster)
    const source = origin === 'nothing' ? undefined : this.#holdings.get(origin.copiedFrom)
    if (origin !== 'nothing' && source === undefined)
      throw new Error(`The files of ${origin.copiedFrom}, which ${resourceId} is a copy of, are gone.`)
    const directory = this.#directoryOf(cluster)
    const database = this.#open(cluster, directory)
    try {
      if (source === undefined) await database.create({ masterUsername, masterPassword, databaseName })
      else await (source.restorable ?? source).database.copyTo(directory)
    } catch (error) {
      // Half a database is none: the next round begins afresh.
      await database.remove()
      throw error
    }
    const holding: Holding = {
      database,
      gate: new Gate(this.#placeFor(resourceId)),
      restorable: undefined,
      copies: new Map(),
      backtrack: undefined,
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
    holding.gate.close()
    await holding.restorable?.database.remove()
    for (const { database } of holding.copies.values()) await database.remove()
    await holding.database.remove()
  }
}

function idsOf(clusters: readonly ServedCluster[]): ReadonlySet<string> {
  return new Set(clusters.map(({ resourceId }) => resourceId))
}
