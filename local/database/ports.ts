import { randomInt } from 'node:crypto'
import { type Server, createServer } from 'node:net'

/**
 * Below the ranges from which Linux (32768 up) and macOS (49152 up) take the ports of outgoing connections: a port that was
 * promised in an endpoint is not taken by chance before its server listens there.
 */
const LOWEST = 15_000
const HIGHEST = 32_000
/** Its first port is listened on as long as the others are somebody's. */
const BLOCK = 160
const BLOCKS = Math.floor((HIGHEST - LOWEST) / BLOCK)

/**
 * Loopback ports that nobody listens on, each handed out once, until it is given back. They come from a block that no other pool on
 * this machine has: where nobody listens on purpose, nobody else's server may answer.
 */
export class PortPool {
  readonly #free: number[]
  readonly #marker: Server

  private constructor(free: number[], marker: Server) {
    this.#free = free
    this.#marker = marker
  }

  /** Looks for so many ports; handing them out takes no time afterwards. */
  static async of(size: number): Promise<PortPool> {
    const start = randomInt(BLOCKS)
    for (let tried = 0; tried < BLOCKS; tried++) {
      const first = LOWEST + ((start + tried) % BLOCKS) * BLOCK
      const marker = await listen(first)
      if (marker === undefined) continue
      const free: number[] = []
      for (let port = first + 1; free.length < size && port < first + BLOCK; port++)
        if (await isFree(port)) free.push(port)
      if (free.length === size) return new PortPool(free, marker.unref())
      await close(marker)
    }
    throw new Error(`Not ${size} ports in a row are free between ${LOWEST} and ${HIGHEST}.`)
  }

  take(): number {
    const port = this.#free.shift()
    if (port === undefined) throw new Error('Every port of the local cloud is in use.')
    return port
  }

  giveBack(port: number): void {
    this.#free.push(port)
  }

  /** From now on the ports may be another pool's. */
  async close(): Promise<void> {
    await close(this.#marker)
  }
}

async function listen(port: number): Promise<Server | undefined> {
  const { promise, resolve } = Promise.withResolvers<Server | undefined>()
  const server = createServer()
  server.once('error', () => {
    resolve(undefined)
  })
  server.listen(port, '127.0.0.1', () => {
    resolve(server)
  })
  return await promise
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve))
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen(port)
  if (server === undefined) return false
  await close(server)
  return true
}
