import { type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type Work, beginRequest, working } from '../../local/time/clock.ts'
import { SimulatedClock, type SimulatedClockOptions } from '../../local/time/simulated-clock.ts'
import { startWarped } from './warped.ts'

const START = Date.UTC(2031, 4, 6)
const HOUR_MS = 3_600_000
const YEAR_MS = 365 * 24 * HOUR_MS

const ending: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
})

function aClock(options: SimulatedClockOptions = {}): SimulatedClock {
  const clock = new SimulatedClock({
    startMs: START,
    // Where a test does not mean it, a standstill is a fault.
    onStandstill: (text) => {
      throw new Error(text)
    },
    ...options,
  })
  ending.push(() => clock.close())
  return clock
}

type Answering = (work: Work, response: ServerResponse, path: string) => unknown

/** A request is kept waiting until this has come about. */
const after =
  (waiting: () => Promise<unknown>): Answering =>
  async (work, response) => {
    await work.pause(waiting)
    response.end('answered')
  }

async function aServer(clock: SimulatedClock, answer: Answering): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    const work = beginRequest(clock, () => 'a request', response)
    void answer(work, response, url)
  })
  return await listening(server)
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ending.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

/** Who has no clock, and takes some real time to answer. */
async function aSlowStranger(): Promise<string> {
  const server = createServer((_request, response) => {
    setTimeout(() => response.end('answered'), 50)
  })
  return await listening(server)
}

/** What a script prints with `print(value)`. */
const PRINT = 'const print = (value) => { console.log(JSON.stringify(value)) };'
const never = (): Promise<never> => new Promise(() => undefined)

describe('in one process', () => {
  test('time stands still until everybody waits, and then jumps to whoever wakes first', async () => {
    const clock = aClock()
    const woken: [string, number][] = []
    const sleeper = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms)
      woken.push([name, clock.now() - START])
    }
    await Promise.all([sleeper('late', YEAR_MS), sleeper('early', HOUR_MS), sleeper('as early', HOUR_MS)])
    expect(woken).toEqual([
      ['early', HOUR_MS],
      ['as early', HOUR_MS],
      ['late', YEAR_MS],
    ])
  })

  test('work takes no time, however long it takes; its pauses do', async () => {
    const clock = aClock()
    const slept = clock.sleep(1_000)
    await working(clock, 'work', async () => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(clock.now()).toBe(START)
    })
    await slept
    const work = clock.begin(() => 'work')
    await work.pause(() => clock.sleep(1_000))
    work.end()
    expect(clock.now()).toBe(START + 2_000)
  })

  test('a sleep can be aborted, and is not waited for any more', async () => {
    const clock = aClock()
    const stop = new AbortController()
    const sleeping = clock.sleep(HOUR_MS, { signal: stop.signal })
    stop.abort()
    await expect(sleeping).rejects.toMatchObject({ name: 'AbortError' })
    await expect(clock.sleep(1, { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' })
    await clock.sleep(1_000)
    expect(clock.now()).toBe(START + 1_000)
  })

  test('a request of a run in this process is waited for, though no server has said that it has come', async () => {
    const clock = aClock()
    const url = await aSlowStranger()
    const order: string[] = []
    const slept = clock.sleep(HOUR_MS).then(() => order.push('slept'))
    const forget = clock.followRequests()
    await fetch(url).then(async (response) => {
      await response.text()
      order.push('answered')
    })
    await slept
    forget()
    expect(order).toEqual(['answered', 'slept'])
  })

  test('what follows the time is done before it goes on', async () => {
    const clock = aClock()
    const seen: number[] = []
    const stop = clock.afterEachJump(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      seen.push(clock.now() - START)
    })
    await Promise.all([clock.sleep(1_000), clock.sleep(2_000), clock.sleep(3_000)])
    stop()
    await clock.sleep(1_000)
    expect(seen).toEqual([1_000, 2_000, 3_000])
  })
})

describe('with child processes', () => {
  test('a child sleeps a year, by every timer that it has', async () => {
    const clock = aClock()
    const child = await startWarped(
      `${PRINT}
       import { setTimeout as sleep } from 'node:timers/promises'
       const start = Date.now()
       await sleep(${String(HOUR_MS)})
       await new Promise((resolve) => { setTimeout(resolve, ${String(HOUR_MS)}) })
       await new Promise((resolve) => { AbortSignal.timeout(${String(HOUR_MS)}).onabort = resolve; setTimeout(resolve, 2147483647) })
       print({ start, end: Date.now() })`,
      clock,
    )
    expect(await child.printed()).toEqual({ start: START, end: START + 3 * HOUR_MS })
  })

  test('several take turns in the order of their time', async () => {
    const clock = aClock()
    const script = (first: number, pause: number): string => `${PRINT}
      import { setTimeout as sleep } from 'node:timers/promises'
      const seen = []
      await sleep(${String(first)})
      for (let turn = 0; turn < 3; turn += 1) { seen.push(Date.now() - ${String(START)}); await sleep(${String(pause)}) }
      print({ seen })`
    const children = await Promise.all([
      startWarped(script(1_000, 2_000), clock),
      startWarped(script(1_500, 500), clock),
    ])
    expect(await Promise.all(children.map((child) => child.printed()))).toEqual([
      { seen: [1_000, 3_000, 5_000] },
      { seen: [1_500, 2_000, 2_500] },
    ])
  })

  test('a child that computes holds the time for all', async () => {
    const clock = aClock()
    const child = await startWarped(
      `${PRINT} const start = performance.now(); while (performance.now() - start < 200); print({ now: Date.now() })`,
      clock,
    )
    const slept = clock.sleep(HOUR_MS).then(() => clock.now())
    expect(await child.printed()).toEqual({ now: START })
    expect(await slept).toBe(START + HOUR_MS)
  })

  test('a request that is answered late has let time pass; an answer is seen at its time', async () => {
    const clock = aClock()
    const url = await aServer(
      clock,
      after(() => clock.sleep(60_000)),
    )
    const child = await startWarped(
      `${PRINT}
       import { get } from 'node:http'
       const start = Date.now()
       await (await fetch('${url}')).text()
       const fetched = Date.now() - start
       await new Promise((resolve) => { get('${url}', (response) => { response.resume().on('end', resolve) }) })
       print({ fetched, got: Date.now() - start })`,
      clock,
    )
    expect(await child.printed()).toEqual({ fetched: 60_000, got: 120_000 })
  })

  test('a limit for a request that is never answered is one of this clock', async () => {
    const clock = aClock()
    const url = await aServer(clock, after(never))
    const child = await startWarped(
      `${PRINT}
       const start = Date.now()
       const name = await fetch('${url}', { signal: AbortSignal.timeout(30000) }).catch((error) => error.name)
       print({ name, passed: Date.now() - start })`,
      clock,
    )
    expect(await child.printed()).toEqual({ name: 'TimeoutError', passed: 30_000 })
  })

  test('an answer in pieces: each piece is seen at its time, also by a child that computes on it', async () => {
    const clock = aClock()
    const url = await aServer(clock, async (work, response) => {
      for (const piece of ['a', 'b']) {
        await work.pause(() => clock.sleep(10_000))
        response.write(piece)
      }
      await work.pause(() => clock.sleep(10_000))
      response.end()
    })
    const child = await startWarped(
      `${PRINT}
       const seen = []
       for await (const piece of (await fetch('${url}')).body) {
         const start = performance.now(); while (performance.now() - start < 50);
         seen.push(Date.now() - ${String(START)})
       }
       print({ seen, end: Date.now() - ${String(START)} })`,
      clock,
    )
    expect(await child.printed()).toEqual({ seen: [10_000, 20_000], end: 30_000 })
  })

  test('who turns the event loop, or waits for a process of its own, works', async () => {
    const clock = aClock()
    const child = await startWarped(
      `${PRINT}
       import { execFile } from 'node:child_process'
       import { promisify } from 'node:util'
       const limit = setTimeout(() => {}, ${String(HOUR_MS)})
       for (let turn = 0; turn < 500; turn += 1) await new Promise((resolve) => setImmediate(resolve))
       await promisify(execFile)(process.execPath, ['-e', ''])
       clearTimeout(limit)
       print({ passed: Date.now() - ${String(START)} })`,
      clock,
    )
    expect(await child.printed()).toEqual({ passed: 0 })
  })

  test('those that are due at once take turns in the order in which they came', async () => {
    const clock = aClock()
    const order: string[] = []
    const url = await aServer(clock, (_work, response, path) => {
      order.push(path)
      response.end()
    })
    const script = (name: string): string =>
      `import { setTimeout as sleep } from 'node:timers/promises'
       for (let turn = 0; turn < 4; turn += 1) { await sleep(1000); await (await fetch('${url}/${name}')).text() }`
    const first = await startWarped(script('first'), clock)
    const second = await startWarped(script('second'), clock)
    await Promise.all([first.ended, second.ended])
    const [one = '', other = ''] = order
    expect(order).toEqual([one, other, one, other, one, other, one, other])
  })

  test('a server that this clock does not know is waited for, and its answer seen', async () => {
    const clock = aClock()
    const server = createServer((_request, response) => setTimeout(() => response.end('late'), 50))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ending.push(() => new Promise((resolve) => server.close(resolve)))
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
    const child = await startWarped(
      `${PRINT}
       import { setTimeout as sleep } from 'node:timers/promises'
       await (await fetch('${url}')).text()
       const answered = Date.now() - ${String(START)}
       await sleep(1000)
       print({ answered, slept: Date.now() - ${String(START)} })`,
      clock,
    )
    expect(await child.printed()).toEqual({ answered: 0, slept: 1_000 })
  })

  test('a signal wakes a sleeper; a killed one is waited for no more', async () => {
    const clock = aClock()
    const url = await aServer(clock, after(never))
    const sleeper = await startWarped(
      `${PRINT}
       import { setTimeout as sleep } from 'node:timers/promises'
       const stop = new AbortController()
       process.on('SIGINT', () => { stop.abort() })
       await sleep(2147483647, undefined, { signal: stop.signal }).catch(() => undefined)
       await sleep(4000)
       print({ now: Date.now() - ${String(START)} })`,
      clock,
    )
    const hanging = await startWarped(`await fetch('${url}')`, clock)
    await clock.sleep(60_000)
    hanging.kill('SIGKILL')
    await hanging.ended
    sleeper.kill('SIGINT')
    expect(await sleeper.printed()).toEqual({ now: 64_000 })
  })

  test('a clock that is off shows another time, and wakes at the same', async () => {
    const clock = aClock()
    const [[name, place] = ['', '']] = Object.entries(clock.environment())
    const env = { [name]: JSON.stringify({ ...(JSON.parse(place) as object), offsetMs: -HOUR_MS }) }
    const child = await startWarped(
      `${PRINT}
       import { setTimeout as sleep } from 'node:timers/promises'
       await sleep(1000)
       print({ now: Date.now() })`,
      clock,
      { env },
    )
    expect(await child.printed()).toEqual({ now: START - HOUR_MS + 1_000 })
    expect(clock.now()).toBe(START + 1_000)
  })
})

test('a clock that is closed holds nobody: not a child that sleeps, as after a test that failed', async () => {
  const clock = aClock()
  const child = await startWarped('setTimeout(() => {}, 2147483647)', clock)
  // Time passes: it is asleep.
  await clock.sleep(1_000)
  const work = clock.begin(() => 'work that never ends')
  await clock.close()
  await child.ended
  work.end()
})

describe('the watchdog', () => {
  test('names who never ends, and goes on without', async () => {
    const told: string[] = []
    const clock = aClock({ patienceMs: 300, onStandstill: (text) => told.push(text) })
    const child = await startWarped('for (;;);', clock, { name: 'the endless one' })
    clock.begin(() => 'DescribeDBClusters at AWS')
    await clock.sleep(HOUR_MS)
    expect(clock.now()).toBe(START + HOUR_MS)
    expect(told.join('\n')).toContain('DescribeDBClusters at AWS')
    expect(told.join('\n')).toContain('the endless one')
    child.kill('SIGKILL')
    await child.ended
  })

  test('goes on without a request that nobody answers, and who was too slow comes back', async () => {
    const told: string[] = []
    // Shorter than a process needs to start.
    const clock = aClock({ patienceMs: 20, onStandstill: (text) => told.push(text) })
    const url = await listening(createServer(() => undefined))
    const child = await startWarped(
      `${PRINT}
       print({ name: await fetch('${url}', { signal: AbortSignal.timeout(30000) }).catch((error) => error.name) })`,
      clock,
      { name: 'the child' },
    )
    expect(await child.printed()).toEqual({ name: 'TimeoutError' })
    expect(told.join('\n')).toContain('a request of the child to nobody knows whom')
  })

  test('goes on without a request of this process that nobody answers', async () => {
    const told: string[] = []
    const clock = aClock({ patienceMs: 20, onStandstill: (text) => told.push(text) })
    const url = await listening(createServer(() => undefined))
    const forget = clock.followRequests()
    const stop = new AbortController()
    const asked = fetch(url, { signal: stop.signal }).catch(() => 'stopped')
    await clock.sleep(HOUR_MS)
    expect(told.join('\n')).toContain('a request of this process to nobody knows whom')
    stop.abort()
    await asked
    forget()
  })

  test('tells when there is nothing to wait for', async () => {
    const told = Promise.withResolvers<undefined>()
    const clock = aClock({
      patienceMs: 300,
      onStandstill(text) {
        if (text.includes('nobody works, and nobody waits for a time')) told.resolve(undefined)
      },
    })
    const url = await aServer(clock, after(never))
    const child = await startWarped(`import { get } from 'node:http'\nget('${url}')`, clock)
    await told.promise
    child.kill('SIGKILL')
    await child.ended
  })
})
