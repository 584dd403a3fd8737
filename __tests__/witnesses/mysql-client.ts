import { execFile } from 'node:child_process'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A real client, and a server that takes every query. */
export interface MysqlClient {
  /** What the client sends for a script, byte for byte and in order. */
  readonly send: (script: string, ...options: readonly string[]) => Promise<readonly string[]>
  readonly close: () => void
}

/** The name of MariaDB's or MySQL's command line client; `undefined` where neither is installed. */
export async function mysqlClientName(): Promise<string | undefined> {
  for (const name of ['mariadb', 'mysql']) {
    try {
      await execute(name, ['--no-defaults', '--version'])
      return name
    } catch {
      continue
    }
  }
  return undefined
}

const LOOPBACK = '127.0.0.1'

/** The queries are read off the wire: a real server's log does not tell where one ends, and its answers change nothing here. */
export async function startMysqlClient(name: string): Promise<MysqlClient> {
  let heard: string[] = []
  const server = createServer((socket) => {
    serve(socket, (query) => heard.push(query))
  })
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve))
  const { port } = server.address() as AddressInfo
  const reach = ['--no-defaults', '--protocol=TCP', `--host=${LOOPBACK}`, `--port=${port}`, '--user=witness']
  return {
    send: async (script, ...options) => {
      heard = []
      const ran = execute(name, [...reach, '--default-character-set=utf8mb4', '--loose-skip-ssl', ...options])
      ran.child.stdin?.end(script)
      await ran
      return heard
    },
    close: () => {
      server.close()
    },
  }
}

const SEED = 'x'.repeat(20)
/** Protocol::HandshakeV10 of MySQL 8.0 with neither TLS nor compression. [MySQL Source Code Documentation, "Connection Phase Packets"] */
const HANDSHAKE = Buffer.concat([
  Buffer.from(`\x0A8.0.36\0\x01\0\0\0${SEED.slice(0, 8)}\0`, 'latin1'),
  // Capabilities: long password, database, protocol 4.1, transactions, secure connection, authentication by plugins.
  Buffer.from([0x09, 0xa2, 45, 0x02, 0x00, 0x08, 0x00, SEED.length + 1]),
  Buffer.alloc(10),
  Buffer.from(`${SEED.slice(8)}\0mysql_native_password\0`),
])
const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0])
const COM_QUERY = 3
/** Three bytes of length and one that counts the packets of an exchange. */
const HEADER_LENGTH = 4

function serve(socket: Socket, hear: (query: string) => void): void {
  const answer = (count: number, payload: Buffer): void => {
    socket.write(Buffer.concat([Buffer.from([payload.length, 0, 0, count]), payload]))
  }
  let received = Buffer.alloc(0)
  // A client that has read its script just leaves.
  socket.on('error', () => undefined)
  socket.on('data', (data: Buffer) => {
    received = Buffer.concat([received, data])
    for (;;) {
      if (received.length < HEADER_LENGTH) return
      const end = HEADER_LENGTH + received.readUIntLE(0, 3)
      if (received.length < end) return
      const [count = 0, command] = received.subarray(HEADER_LENGTH - 1, end)
      // The answer to the handshake counts from 1, commands from 0.
      if (count === 0 && command === COM_QUERY) hear(received.toString('utf8', HEADER_LENGTH + 1, end))
      answer(count + 1, OK)
      received = received.subarray(end)
    }
  })
  answer(0, HANDSHAKE)
}
