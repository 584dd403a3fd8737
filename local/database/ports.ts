import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below the ranges from which Linux (32768 up) and macOS (49152 up) take the ports of outgoing connections: a port that was
 * promised in an endpoint is not taken by chance before its server listens there.
 */
const LOWEST = 15_000
const HIGHEST = 32_000

/** Loopback ports that nobody listens on, each handed out once, until it is given back. */
export class PortPool {
  readonly #free: number[]

  private constructor(free: number[]) {
    this.#free = free
  }

  /** Looks for so many ports; handing them out takes no time afterwards. */
  static async of(size: number): Promise<PortPool> {
    const free: number[] = []
    const first = randomInt(LOWEST, HIGHEST - 20 * size)
    for (let port = first; free.length < size && port < HIGHEST; port++)
      if (await isFree(port)) free.push(port)
    if (free.length < size) throw new Error(`Not ${size} ports are free between ${first} and ${HIGHEST}.`)
    return new PortPool(free)
  }

  take(): number {
    const port = this.#free.shift()
    if (port === undefined) throw new Error('Every port of the local cloud is in use.')
    return port
  }

  giveBack(port: number): void {
    this.#free.push(port)
  }
}

async function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer()
  server.once('error', () => {
    resolve(false)
  })
  server.listen(port, '127.0.0.1', () => {
    server.close(() => {
      resolve(true)
    })
  })
  return await promise
}
