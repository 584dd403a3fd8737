import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, openSync, closeSync, rmSync, writeSync } from 'node:fs'
import { type Server, type Socket, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CLOCK_VARIABLE, type CloudClock, type FollowedProcess, type Work, working } from './clock.ts'
import { RequestsUnderWay, quiet } from './quiet.ts'
import { VirtualTimers } from './virtual-timers.ts'

/** What `environment()` tells a child. */
export interface SimulatedClockPlace {
  /** A file with the time as a little-endian double, in milliseconds since the epoch. */
  readonly page: string
  /** A socket: there the child says until when it sleeps, and hears that it is to wake. */
  readonly door: string
  /** What the child's clock is off by. */
  readonly offsetMs: number
}

/** What a process says once nothing happens in it any more. */
export interface SleepReport {
  /** The question that it answers. */
  readonly asked: number
  /** When its next timer is due; `null` without one. */
  readonly nextMs: number | null
  /** Requests that it waits for. */
  readonly underWay: number
}

/** Where children find the clock: its page is open for writing, its door for all that come. */
interface Place {
  readonly directory: string
  readonly page: number
  readonly door: Server
}

interface Worker {
  readonly what: () => string
  socket: Socket | undefined
  asked: number
  /** Undefined while it works. */
  report: SleepReport | undefined
  isIgnored: boolean
  /** Requests that the watchdog has given up. */
  lost: number
}

interface OpenWork {
  readonly what: () => string
  pauses: number
  isIgnored: boolean
}

/** Long for the slowest of machines: nobody works for so long without a word, and a database takes a minute at most to start. */
const PATIENCE_MS = 120_000
const PAGE = 'now'
const DOOR = 'door'
// Taken before anybody can replace it.
const realSetTimeout = setTimeout
/** In the future: a `date` in a script tells real time, and what is to come must be to come for both. */
const START_MS = Date.parse('2046-11-21T10:00:00Z')

export interface SimulatedClockOptions {
  readonly startMs?: number
  /** Real time in which nothing happens, before the clock goes on without those who work. */
  readonly patienceMs?: number
  /** Told who they are. */
  readonly onStandstill?: (text: string) => void
}

/**
 * Time that stands still while anybody works, and jumps to the next wake-up when all wait: so hours take milliseconds, and no result
 * depends on how fast the machine is.
 *
 * Who works: a child process that has not said that it sleeps (preload.ts), a request that a server has not answered, what `begin` counts,
 * and whatever keeps the event loop of this very process busy. Who waits in another way, such as a real timer, is not seen.
 */
export class SimulatedClock implements CloudClock {
  readonly timers = new VirtualTimers(
    () => this.#nowMs,
    () => {
      this.#change()
    },
  )
  readonly #patienceMs: number
  readonly #onStandstill: (text: string) => void
  #place: Place | undefined
  readonly #workers = new Map<number, Worker>()
  readonly #works = new Set<OpenWork>()
  readonly #sockets = new Set<Socket>()
  readonly #followers = new Set<() => Promise<void>>()
  readonly #ownRequests = new RequestsUnderWay(
    () => {
      this.#change()
    },
    () => {
      this.#ownLost = Math.min(this.#ownLost, this.#ownRequests.count)
      this.#change()
    },
  )
  /** Of those, how many the watchdog has given up. */
  #ownLost = 0
  #nowMs: number
  #changes = 0
  #questions = 0
  #isRunning = false
  #isClosed = false
  #onChange: (() => void) | undefined

  constructor({ startMs = START_MS, patienceMs = PATIENCE_MS, onStandstill }: SimulatedClockOptions = {}) {
    this.#nowMs = startMs
    this.#patienceMs = patienceMs
    this.#onStandstill =
      onStandstill ??
      ((text) => {
        process.stderr.write(`${text}\n`)
      })
  }

  now(): number {
    return this.#nowMs
  }

  async sleep(ms: number, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.timers.sleepUntil(this.#nowMs + Math.max(ms, 1), options)
  }

  environment(): Record<string, string> {
    if (this.#isClosed) throw new Error('this clock is closed')
    const { directory } = (this.#place ??= this.#open())
    const place: SimulatedClockPlace = {
      page: join(directory, PAGE),
      door: join(directory, DOOR),
      offsetMs: 0,
    }
    return { [CLOCK_VARIABLE]: JSON.stringify(place) }
  }

  begin(what: () => string): Work {
    const work: OpenWork = { what, pauses: 0, isIgnored: false }
    this.#works.add(work)
    this.#change()
    return {
      pause: async (wait) => {
        work.pauses += 1
        // Somebody may have got the first piece of an answer.
        this.#wakeAskers()
        this.#change()
        try {
          return await wait()
        } finally {
          work.pauses -= 1
          this.#change()
        }
      },
      end: () => {
        if (!this.#works.delete(work)) return
        // Somebody may have got an answer.
        this.#wakeAskers()
        this.#change()
      },
    }
  }

  #wakeAskers(): void {
    for (const worker of this.#workers.values()) if (worker.report?.underWay !== 0) wake(worker)
  }

  follow(child: ChildProcess, what: string): FollowedProcess {
    const { pid } = child
    if (pid === undefined) return { woken: () => undefined }
    const worker: Worker = {
      what: () => what,
      socket: undefined,
      asked: 0,
      report: undefined,
      isIgnored: false,
      lost: 0,
    }
    this.#workers.set(pid, worker)
    child.once('exit', () => {
      this.#workers.delete(pid)
      this.#change()
    })
    this.#change()
    return {
      woken: () => {
        wake(worker)
        this.#change()
      },
    }
  }

  /** The action begins in this very process: what it asks counts like the requests of a child. Returns the way to end that. */
  followRequests(): () => void {
    return this.#ownRequests.watch()
  }

  afterEachJump(act: () => Promise<void>): () => void {
    this.#followers.add(act)
    return () => this.#followers.delete(act)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#change()
    for (const socket of this.#sockets) socket.destroy()
    if (this.#place === undefined) return
    const { directory, door, page } = this.#place
    this.#place = undefined
    closeSync(page)
    await new Promise((resolve) => door.close(resolve))
    rmSync(directory, { recursive: true, force: true })
  }

  /** Where children find it. */
  #open(): Place {
    const directory = mkdtempSync(join(tmpdir(), 'clock-'))
    const page = openSync(join(directory, PAGE), 'w', 0o600)
    writeTime(page, this.#nowMs)
    const door = createServer((socket) => {
      this.#greet(socket)
    })
    door.listen(join(directory, DOOR)).unref()
    return { directory, page, door }
  }

  /** A process says who it is, and from then on when it sleeps. */
  #greet(socket: Socket): void {
    let text = ''
    let worker: Worker | undefined
    this.#sockets.add(socket)
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        if (worker === undefined) {
          worker = this.#workers.get(Number(line))
          if (worker === undefined) socket.destroy()
          else {
            worker.socket = socket
            worker.isIgnored = false
          }
        } else {
          const report = JSON.parse(line) as SleepReport
          worker.isIgnored = false
          if (report.asked === worker.asked) {
            worker.report = report
            worker.lost = Math.min(worker.lost, report.underWay)
          }
        }
      }
      this.#change()
    })
    // It ends: until it has, it works.
    socket.on('close', () => {
      this.#sockets.delete(socket)
      if (worker !== undefined) worker.socket = undefined
      this.#change()
    })
    socket.on('error', () => undefined)
  }

  #change(): void {
    this.#changes += 1
    this.#onChange?.()
    if (!this.#isRunning && this.#isNeeded()) void this.#run()
  }

  #isNeeded(): boolean {
    return !this.#isClosed && (this.#workers.size > 0 || this.timers.nextMs() < Infinity)
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    while (this.#isNeeded()) {
      const seen = this.#changes
      if (this.#busy().length > 0) await this.#untilChanged(seen)
      else if (!(await quiet(() => this.#changes !== seen))) continue
      else if (this.#ask() || this.#isOnTheWay() || this.#nextMs() === Infinity)
        await this.#untilChanged(seen)
      else await this.#jump()
    }
    this.#isRunning = false
  }

  /** Who works here, as far as it is known without asking. */
  #busy(): readonly (OpenWork | Worker)[] {
    const works = [...this.#works].filter(({ pauses }) => pauses === 0)
    const workers = [...this.#workers.values()].filter(({ socket }) => socket === undefined)
    return [...works, ...workers].filter(({ isIgnored }) => !isIgnored)
  }

  #working(): readonly Worker[] {
    return [...this.#workers.values()].filter(
      ({ report, socket, isIgnored }) => socket !== undefined && report === undefined && !isIgnored,
    )
  }

  /** Asks those who were woken to say when they sleep again; whether there are such. */
  #ask(): boolean {
    const working = this.#working()
    // Those that the watchdog has given up, too: only so do they come back.
    for (const worker of this.#workers.values()) {
      if (worker.socket === undefined || worker.report !== undefined || worker.asked !== 0) continue
      this.#questions += 1
      worker.asked = this.#questions
      worker.socket.write(`${String(worker.asked)}\n`)
    }
    return working.length > 0
  }

  /** A request that somebody waits for, and that no server is known to hold. */
  #isOnTheWay(): boolean {
    const sent = [...this.#workers.values()].reduce(
      (sum, { report, lost }) => sum + (report?.underWay ?? 0) - lost,
      this.#ownRequests.count - this.#ownLost,
    )
    return sent > this.#works.size
  }

  #nextMs(): number {
    const theirs = [...this.#workers.values()].map(({ report }) => report?.nextMs ?? Infinity)
    return Math.min(this.timers.nextMs(), ...theirs)
  }

  async #jump(): Promise<void> {
    this.#nowMs = Math.max(this.#nowMs, this.#nextMs())
    if (this.#place !== undefined) writeTime(this.#place.page, this.#nowMs)
    const followed = await Promise.allSettled(
      [...this.#followers].map((act) => working(this, 'what follows the time', act)),
    )
    // Told as an unhandled rejection: it stops no clock.
    for (const result of followed)
      if (result.status === 'rejected') void Promise.reject(result.reason as Error)
    // One at a time: what it does may take the next one back.
    const due = [...this.#workers.values()].find(
      (worker) => (worker.report?.nextMs ?? Infinity) <= this.#nowMs,
    )
    if (!this.timers.runNext() && due !== undefined) wake(due)
    this.#changes += 1
  }

  async #untilChanged(seen: number): Promise<void> {
    while (this.#changes === seen) {
      const { promise, resolve } = Promise.withResolvers<'changed' | 'too long'>()
      this.#onChange = () => {
        resolve('changed')
      }
      const watchdog = realSetTimeout(resolve, this.#patienceMs, 'too long')
      const what = await promise
      clearTimeout(watchdog)
      this.#onChange = undefined
      if (what === 'too long') this.#goOnWithout()
    }
  }

  /** The watchdog: a process that never ends, or a request that nobody answers, does not stop the clock for ever. */
  #goOnWithout(): void {
    const working = [...this.#busy(), ...this.#working()]
    const isLost = working.length === 0 && this.#isOnTheWay()
    const lost = isLost ? [...this.#workers.values()].filter(({ report }) => (report?.underWay ?? 0) > 0) : []
    const ownLost = isLost ? this.#ownRequests.count : this.#ownLost
    const owners = [...lost.map(({ what }) => what()), ...(ownLost > this.#ownLost ? ['this process'] : [])]
    const names = [
      ...working.map(({ what }) => what()),
      ...owners.map((owner) => `a request of ${owner} to nobody knows whom`),
    ]
    for (const one of working) one.isIgnored = true
    for (const worker of lost) worker.lost = worker.report?.underWay ?? 0
    this.#ownLost = ownLost
    const who =
      names.length > 0 ? `${names.join(', ')} still works` : 'nobody works, and nobody waits for a time'
    const tell = async (text: string): Promise<void> => {
      await Promise.resolve()
      this.#onStandstill(text)
    }
    void tell(`The local clock has stood still for ${String(this.#patienceMs / 1_000)} real seconds: ${who}.`)
    this.#changes += 1
  }
}

function writeTime(page: number, ms: number): void {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(ms)
  writeSync(page, bytes, 0, bytes.length, 0)
}

function wake(worker: Worker): void {
  worker.report = undefined
  worker.asked = 0
}
