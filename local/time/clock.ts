import type { ChildProcess } from 'node:child_process'
import type { ServerResponse } from 'node:http'

/** Milliseconds since the epoch, as `Date.now()` gives them, but of the local cloud's own time. */
export interface Clock {
  now(): number
}

/** The variable that carries a clock into a child process; `warp.ts` reads it there. */
export const CLOCK_VARIABLE = 'AURORA_LOCAL_CLOCK'

/** Node fires a timer of a longer delay after one millisecond instead. */
export const MAX_TIMER_DELAY_MS = 2 ** 31 - 1

/** What Node makes of a delay that is missing, negative or too long for its timers. */
export function timerDelayMs(ms: number | undefined): number {
  return ms !== undefined && ms >= 1 && ms <= MAX_TIMER_DELAY_MS ? Math.trunc(ms) : 1
}

/** The clock of a server of the local cloud. */
export interface ServerClock extends Clock {
  /** Where time stands still while anybody works: something begins that takes no time. */
  begin?(what: () => string): Work
}

/** The clock of one that may have to wait before it answers. */
export interface SleepingClock extends ServerClock {
  /** Resolves when so many milliseconds of this clock have passed, never earlier. */
  sleep(ms: number): Promise<void>
}

/** The clock of a whole local cloud and of the processes that use it. */
export interface CloudClock extends SleepingClock {
  sleep(ms: number, options?: { readonly signal?: AbortSignal }): Promise<void>
  /** What a child process needs in its environment to share this very clock. */
  environment(): Readonly<Record<string, string>>
  /** Where time stands still while anybody works: a child process begins. */
  follow?(child: ChildProcess, what: string): FollowedProcess
  /** Where time jumps: calls this after each jump, and waits for it. Returns the way to end that. */
  afterEachJump?(act: () => Promise<void>): () => void
  close?(): Promise<void>
}

/** A request, a statement of a database: time stands still until it ends, but for its pauses. */
export interface Work {
  /** It waits, for time to pass or for somebody who works on his own account. */
  pause<T>(wait: () => Promise<T> | T): Promise<T>
  end(): void
}

export interface FollowedProcess {
  /** A signal was sent to it: it may have to do again. */
  woken(): void
}

const UNCOUNTED: Work = { pause: async (wait) => await wait(), end: () => undefined }

/** The work that begins now, on a clock that may not care. */
export function begin(clock: ServerClock, what: () => string): Work {
  return clock.begin?.(what) ?? UNCOUNTED
}

/** The same for a request: it ends when it is answered, or when who asked is gone. */
export function beginRequest(clock: ServerClock, what: () => string, response: ServerResponse): Work {
  const work = begin(clock, what)
  response.once('close', () => {
    work.end()
  })
  return work
}

/** Time stands still while this goes on. */
export async function working<T>(clock: ServerClock, what: string, play: () => Promise<T>): Promise<T> {
  const work = begin(clock, () => what)
  try {
    return await play()
  } finally {
    work.end()
  }
}
