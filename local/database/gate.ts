import { type Server, type Socket, connect, createServer } from 'node:net'

const LOOPBACK = '127.0.0.1'

export interface GatePlace {
  /** Of the endpoint. */
  readonly port: number
  /** Where the server itself listens, which only the local cloud knows. */
  readonly serverPort: number
}

/**
 * The network before a database server: while it is closed, the endpoint's port refuses connections. AWS drops the packets of a
 * security group that lets nobody in, and a client waits for its own time limit; here it hears at once.
 */
export class Gate {
  readonly #place: GatePlace
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined

  constructor(place: GatePlace) {
    this.#place = place
  }

  /** Resolves when connections are accepted. */
  async open(): Promise<void> {
    if (this.#server !== undefined) return
    const server = createServer((client) => {
      this.#lead(client)
    })
    this.#server = server
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    server.once('error', reject)
    server.listen(this.#place.port, LOOPBACK, () => {
      resolve(undefined)
    })
    try {
      await promise
    } catch (error) {
      this.#server = undefined
      throw error
    }
  }

  /**
   * At once, and connections are cut. AWS lets a connection live on that was tracked before a rule changed (EC2 user guide,
   * "Security group connection tracking"): cutting is simpler and stricter.
   */
  close(): void {
    this.#server?.close()
    this.#server = undefined
    for (const socket of this.#sockets) cut(socket)
  }

  #lead(client: Socket): void {
    const server = connect({ host: LOOPBACK, port: this.#place.serverPort, noDelay: true })
    client.setNoDelay(true)
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => {
        cut(other)
      })
      socket.once('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  }
}

/**
 * With a reset, but for a socket that is saying goodbye: libuv resets none (`uv_tcp_close_reset`, UV_EINVAL), Node.js 24 takes it for
 * closed, and the process never ends.
 */
function cut(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
