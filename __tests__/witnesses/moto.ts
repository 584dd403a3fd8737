import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Python, pythonPrograms } from './python.ts'

const START_TIMEOUT_MS = 240_000

/** Somebody else's double of AWS, as a process of its own, and a client of AWS's to look at it. */
export interface Moto {
  readonly url: string
  readonly client: Python
  close(): Promise<void>
}

export async function startMoto(): Promise<Moto> {
  const bin = await pythonPrograms()
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const client = new Python(bin, url)
  const server = client.serve('moto_server', '--host', '127.0.0.1', '--port', String(port))
  const close = async (): Promise<void> => {
    await end(server)
    client.close()
  }
  try {
    await answers(server, url)
  } catch (error) {
    await close()
    throw error
  }
  return { url, client, close }
}

/** moto_server does not say which port it took: it is told one. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function answers(server: ChildProcess, url: string): Promise<void> {
  let said = ''
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', (text) => (said += String(text)))
  const deadline = performance.now() + START_TIMEOUT_MS
  while (performance.now() < deadline && server.exitCode === null) {
    const reply = await fetch(`${url}/moto-api/data.json`).catch(() => undefined)
    if (reply?.ok === true) return
    await sleep(100)
  }
  throw new Error(`moto_server does not answer:\n${said}`)
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = once(server, 'exit')
  server.kill('SIGKILL')
  await ended
}
