import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { FORWARD } from './commands.ts'

const LOOPBACK = '127.0.0.1'

/** A port forward as Session Manager opens it: it listens at once, and dials only when a client connects. Ends with its process. */
export async function openTunnel(parameters: string): Promise<string> {
  const { host = '', port = '', localPort = '' } = FORWARD.exec(parameters)?.groups ?? {}
  const server = createServer((near) => {
    const far = connect(Number(port), host)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.pipe(to)
      from.on('error', () => to.destroy())
    }
  })
  server.listen(Number(localPort), LOOPBACK)
  await once(server, 'listening')
  return `Port ${localPort} opened for sessionId local-0a1b2c3d4e5f67890.\nWaiting for connections...`
}
