import { setTimeout as realSleep } from 'node:timers/promises'
import { type CloudClock, working } from '../time/clock.ts'
import { MysqlSession, getLock, releaseLock } from './mysql-session.ts'
import { PostgresqlSession } from './postgresql-session.ts'
import { type Lock, type Session, type StatementResult, databaseError } from './session.ts'
import type { Login, SqlClient } from './sql-client.ts'

/** How a statement of the RDS Data API goes. */
export interface StatementPlan {
  readonly sql: string
  /** Of the clock: real statements take none. */
  readonly takesMs: number
  /** What the database says at the end, when it has changed nothing. */
  readonly fails: string | undefined
  /** How long the call waits. */
  readonly limitMs: number
  /** Whether the statement goes on when the call has ended. */
  readonly continues: boolean
}

/** Whose database it is for. */
export interface StatementPlace {
  /** By its name at AWS. */
  readonly engine: string
  readonly login: Login
  readonly administrator: () => Promise<SqlClient>
}

const open = async ({ engine, login }: StatementPlace): Promise<Session> =>
  engine === 'aurora-mysql' ? await MysqlSession.open(login) : await PostgresqlSession.open(login)

interface LockStatements {
  readonly take: (lock: Lock) => string
  readonly release: (lock: Lock) => string
  /** Has a row once somebody waits for the lock. */
  readonly look: (lock: Lock) => string
  /** Has a row as long as there is such a session. */
  readonly session: (id: number) => string
}

const POSTGRESQL_LOCKS: LockStatements = {
  take: (lock) => `SELECT pg_advisory_lock(${String(lock)})`,
  release: (lock) => `SELECT pg_advisory_unlock(${String(lock)})`,
  look: (lock) =>
    `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = ${String(lock)} AND NOT granted`,
  session: (id) => `SELECT 1 FROM pg_stat_activity WHERE pid = ${String(id)}`,
}
const MYSQL_LOCKS: LockStatements = {
  take: getLock,
  release: releaseLock,
  look: (lock) =>
    `SELECT 1 FROM information_schema.PROCESSLIST WHERE STATE = 'User lock' AND INSTR(INFO, "${getLock(lock)}") > 0`,
  session: (id) => `SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ${String(id)}`,
}

/** A statement that has begun, and whose end somebody else decides. */
interface Held {
  readonly place: StatementPlace
  readonly plan: StatementPlan
  readonly session: Session
  readonly lock: Lock
  /** Has the lock that the session waits for. */
  readonly holder: SqlClient
  /** Rejects when somebody ends the session. */
  readonly waiting: Promise<void>
}

/** Real times. */
const BETWEEN_LOOKS_MS = 5
const END_LIMIT_MS = 20_000

/** What ends the statements of others; the server does it a moment later. */
const ENDS_OTHERS = /pg_(?:terminate|cancel)_backend|\bkill\b|rds_kill/i
/** The same for a session that has a number. */
const ENDS_SESSION = /pg_terminate_backend\((\d+)\)/i

const locksOf = ({ engine }: StatementPlace): LockStatements =>
  engine === 'aurora-mysql' ? MYSQL_LOCKS : POSTGRESQL_LOCKS

/**
 * The statements of the RDS Data API. One that takes time is shown as running by the server itself, by a session of its own that waits
 * for a lock behind a comment with the statement. Only when its time has come, the session runs it. So it has no effect before, it can
 * be ended as any other, and it has no locks on tables or rows meanwhile.
 */
export class Statements {
  readonly #clock: CloudClock
  readonly #closing = new AbortController()
  readonly #goingOn = new Set<Promise<void>>()
  /** With what happens once they are over. */
  readonly #held = new Map<Held, PromiseWithResolvers<void>>()
  #lastLock: Lock = 0

  constructor(clock: CloudClock) {
    this.#clock = clock
  }

  async run(place: StatementPlace, plan: StatementPlan): Promise<StatementResult | 'timed-out'> {
    if (plan.takesMs > 0) return await this.#runSlowly(await this.#hold(place, plan))
    return await this.#working(async () => {
      const result = await inSession(place, plan)
      if (ENDS_OTHERS.test(plan.sql)) await this.#othersToEnd(place)
      const [, ended] = ENDS_SESSION.exec(plan.sql) ?? []
      if (ended !== undefined) await sessionToEnd(place, Number(ended))
      return result
    })
  }

  /** Ends what still goes on. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#goingOn)
  }

  async #runSlowly(held: Held): Promise<StatementResult | 'timed-out'> {
    const { takesMs, limitMs, continues } = held.plan
    if (takesMs <= limitMs) return await this.#endAfter(takesMs, held)
    let isLeft = false
    try {
      await this.#sleep(limitMs, held)
      isLeft = continues
    } finally {
      if (!isLeft) await this.#letGo(held)
    }
    if (isLeft) this.#leave(this.#endAfter(takesMs - limitMs, held))
    return 'timed-out'
  }

  /** Nobody hears how it ends. */
  #leave(end: Promise<unknown>): void {
    const goingOn: Promise<void> = end
      .catch(() => undefined)
      .then(() => {
        this.#goingOn.delete(goingOn)
      })
    this.#goingOn.add(goingOn)
  }

  /** The clock must not go on meanwhile. Those whom the statement did not mean never end, so there is a limit. */
  async #othersToEnd(place: StatementPlace): Promise<void> {
    const others = [...this.#held].filter(([held]) => held.place.login.port === place.login.port)
    const all = Promise.all(others.map(([, { promise }]) => promise))
    if (others.length > 0) await Promise.race([all, realSleep(END_LIMIT_MS)])
  }

  async #hold(place: StatementPlace, plan: StatementPlan): Promise<Held> {
    return await this.#working(async () => {
      const { take, look } = locksOf(place)
      const lock = ++this.#lastLock
      const session = await open(place)
      const holder = await place.administrator()
      await holder.query(take(lock))
      const waiting = session.waitFor(lock, plan.sql)
      const over = new AbortController()
      const end = (): void => {
        over.abort()
      }
      void waiting.then(end, end)
      while (!over.signal.aborted && (await holder.query(look(lock))).length === 0)
        await realSleep(BETWEEN_LOOKS_MS)
      const held = { place, plan, session, lock, holder, waiting }
      this.#held.set(held, Promise.withResolvers())
      return held
    })
  }

  async #endAfter(ms: number, held: Held): Promise<StatementResult> {
    try {
      await this.#sleep(ms, held)
      return await this.#working(async () => {
        await held.holder.query(locksOf(held.place).release(held.lock))
        await held.waiting
        return await effect(held.session, held.plan)
      })
    } finally {
      await this.#letGo(held)
    }
  }

  /** Resolves when the session is gone: what it has not run by then is never run. */
  async #letGo(held: Held): Promise<void> {
    const { place, session, lock, holder, waiting } = held
    const { release, session: looking } = locksOf(place)
    await this.#working(async () => {
      try {
        await holder.query(release(lock))
        await waiting.catch(() => undefined)
        await session.close()
        while ((await holder.query(looking(session.id))).length > 0) await realSleep(BETWEEN_LOOKS_MS)
      } catch {
        // The server has been stopped, and nobody is left.
        await session.close()
      }
      await holder.close()
    })
    this.#held.get(held)?.resolve()
    this.#held.delete(held)
  }

  async #sleep(ms: number, { waiting }: Held): Promise<void> {
    const over = new AbortController()
    const signal = AbortSignal.any([over.signal, this.#closing.signal])
    try {
      await Promise.race([this.#clock.sleep(ms, { signal }), waiting])
    } finally {
      over.abort()
    }
  }

  async #working<T>(play: () => Promise<T>): Promise<T> {
    return await working(this.#clock, 'a statement of the Data API', play)
  }
}

/** Its worker may be in the middle of something, and the clock must not go on meanwhile. */
async function sessionToEnd(place: StatementPlace, id: number): Promise<void> {
  const administrator = await place.administrator()
  const deadline = performance.now() + END_LIMIT_MS
  while (performance.now() < deadline && (await administrator.query(locksOf(place).session(id))).length > 0)
    await realSleep(BETWEEN_LOOKS_MS)
  await administrator.close()
}

/** In a session of its own. */
async function inSession(place: StatementPlace, plan: StatementPlan): Promise<StatementResult> {
  const session = await open(place)
  try {
    return await effect(session, plan)
  } finally {
    await session.close()
  }
}

async function effect(session: Session, { sql, fails }: StatementPlan): Promise<StatementResult> {
  if (fails !== undefined) throw databaseError(fails)
  return await session.run(sql)
}
