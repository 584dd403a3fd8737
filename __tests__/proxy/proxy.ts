import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, isIP, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface ProxyTarget {
  readonly host: string
  readonly port: number
}

export interface ProxiedRequest {
  readonly method: string
  /** What the client asked for, before any mapping. */
  readonly host: string
  readonly port: number
  readonly outcome: 'forwarded' | 'refused' | 'unauthorized'
}

export interface ProxyOptions {
  /** `host:port` or `host` (any port) → where to connect instead. Only loopback addresses are allowed as targets. */
  readonly targets?: Readonly<Record<string, ProxyTarget>>
  readonly credentials?: { readonly username: string; readonly password: string }
}

export interface Proxy {
  /** With the credentials, if it asks for any: ready for HTTPS_PROXY. */
  readonly url: string
  readonly port: number
  readonly requests: readonly ProxiedRequest[]
  close(): Promise<void>
}

/** An HTTP forward proxy that never leaves this machine: what is neither mapped nor loopback itself gets a 502. */
export async function startProxy(options: ProxyOptions = {}): Promise<Proxy> {
  for (const [name, { host }] of Object.entries(options.targets ?? {})) {
    if (!isLoopback(host)) throw new Error(`proxy target of ${name} must be a loopback address, got ${host}`)
  }
  const requests: ProxiedRequest[] = []
  const sockets = new Set<Duplex>()
  const decide = (asked: ProxyTarget, request: IncomingMessage): Decision => {
    const target = isAuthorized(options, request) ? findTarget(options, asked) : 'unauthorized'
    const outcome = typeof target === 'object' ? 'forwarded' : target
    requests.push({ method: request.method ?? '', host: asked.host, port: asked.port, outcome })
    return target
  }

  const server = createServer((request, response) => {
    forwardRequest({ request, response, decide })
  })
  server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    sockets.add(socket)
    openTunnel({ request, socket, head, decide, sockets })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const { credentials } = options
  const userinfo =
    credentials === undefined
      ? ''
      : `${encodeURIComponent(credentials.username)}:${encodeURIComponent(credentials.password)}@`
  return {
    url: `http://${userinfo}127.0.0.1:${String(port)}`,
    port,
    requests,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
        for (const socket of sockets) socket.destroy()
      })
    },
  }
}

type Decision = ProxyTarget | 'refused' | 'unauthorized'
type Decide = (asked: ProxyTarget, request: IncomingMessage) => Decision

const REFUSALS = {
  refused: { status: 502, reason: 'Bad Gateway', headers: {} },
  unauthorized: {
    status: 407,
    reason: 'Proxy Authentication Required',
    headers: { 'proxy-authenticate': 'Basic realm="local"' },
  },
} as const

/** Absolute form: `GET http://host/path`. */
function forwardRequest(options: {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly decide: Decide
}): void {
  const { decide, request, response } = options
  const url = URL.parse(request.url ?? '')
  if (url?.protocol !== 'http:') {
    response.writeHead(400).end('the request target must be absolute\n')
    return
  }
  const target = decide({ host: hostOf(url.hostname), port: Number(url.port || '80') }, request)
  if (typeof target === 'string') {
    const { headers, reason, status } = REFUSALS[target]
    response.writeHead(status, headers).end(`${reason}\n`)
    return
  }
  const { 'proxy-authorization': _credentials, 'proxy-connection': _connection, ...headers } = request.headers
  const onward = forward(
    { ...target, method: request.method, path: `${url.pathname}${url.search}`, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    },
  )
  onward.on('error', () => {
    if (response.headersSent) response.destroy()
    else response.writeHead(502).end('the target does not answer\n')
  })
  request.pipe(onward)
}

/** `CONNECT host:port`: bytes in both directions, unread. */
function openTunnel(options: {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly decide: Decide
  readonly sockets: Set<Duplex>
}): void {
  const { decide, head, request, socket, sockets } = options
  const asked = URL.parse(`http://${request.url ?? ''}`)
  const port = /:(?<port>\d+)$/.exec(request.url ?? '')?.groups?.['port']
  socket.on('error', () => socket.destroy())
  if (asked === null || port === undefined) {
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    return
  }
  const target = decide({ host: hostOf(asked.hostname), port: Number(port) }, request)
  if (typeof target === 'string') {
    const { headers, reason, status } = REFUSALS[target]
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.end(`HTTP/1.1 ${String(status)} ${reason}\r\ncontent-length: 0\r\n${lines.join('')}\r\n`)
    return
  }
  const onward: Socket = connect(target, () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    onward.write(head)
    onward.pipe(socket)
    socket.pipe(onward)
  })
  sockets.add(onward)
  onward.on('error', () => {
    socket.end(onward.pending ? 'HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n' : undefined)
  })
  socket.on('close', () => onward.destroy())
}

function findTarget(options: ProxyOptions, asked: ProxyTarget): ProxyTarget | 'refused' {
  const { targets = {} } = options
  const mapped = targets[`${asked.host}:${String(asked.port)}`] ?? targets[asked.host]
  if (mapped !== undefined) return mapped
  return isLoopback(asked.host) ? asked : 'refused'
}

function isAuthorized({ credentials }: ProxyOptions, request: IncomingMessage): boolean {
  if (credentials === undefined) return true
  const expected = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')
  return request.headers['proxy-authorization'] === `Basic ${expected}`
}

/** Literal addresses only: a name could be made to resolve to anything. */
function isLoopback(host: string): boolean {
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function hostOf(hostname: string): string {
  return hostname.replace(/^\[(?<address>.*)\]$/, '$<address>')
}
