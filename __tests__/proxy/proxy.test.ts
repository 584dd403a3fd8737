import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, request, type IncomingMessage, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createCertificate } from './certificate.ts'
import { startProxy, type Proxy } from './proxy.ts'

const RDS = 'rds.eu-west-1.amazonaws.com'

const closing: (() => Promise<void>)[] = []

async function listen(server: Server): Promise<{ readonly host: string; readonly port: number }> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  closing.push(async () => {
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve()
      })
      server.closeAllConnections()
    })
  })
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

async function proxyFor(...parameters: Parameters<typeof startProxy>): Promise<Proxy> {
  const proxy = await startProxy(...parameters)
  closing.push(() => proxy.close())
  return proxy
}

/** Fetches in a child process that takes its proxy from the environment, as Node 24 can. */
async function fetchThrough(
  proxy: Proxy,
  options: { readonly url: string; readonly environment?: Readonly<Record<string, string>> },
): Promise<{ readonly status?: number; readonly text?: string; readonly failure?: string }> {
  const script = `
    const answer = await fetch(${JSON.stringify(options.url)}).then(
      async (response) => ({ status: response.status, text: await response.text() }),
      (error) => ({ failure: String(error.cause?.message ?? error.cause ?? error) }),
    )
    console.log(JSON.stringify(answer))`
  const environment = {
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: proxy.url,
    HTTPS_PROXY: proxy.url,
    ...options.environment,
  }
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    env: environment,
    timeout: 240_000,
  })
  return JSON.parse(stdout) as { status?: number; text?: string; failure?: string }
}

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'proxy-test-'))
})

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await rm(directory, { recursive: true })
})

/** A TLS server that is `host`, and what a client needs to believe it. */
async function startTls(
  host: string,
): Promise<{ target: { host: string; port: number }; environment: Record<string, string> }> {
  const certificate = await createCertificate([host])
  const target = await listen(
    createTlsServer({ key: certificate.key, cert: certificate.cert }, (asked, response) => {
      response.end(`tls ${String(asked.headers.host)}`)
    }),
  )
  return { target, environment: { NODE_EXTRA_CA_CERTS: await certificate.writeCaFile(directory) } }
}

describe('CONNECT', () => {
  test('reaches a local server under a foreign name, with a certificate for it', async () => {
    const { environment, target } = await startTls(RDS)
    const proxy = await proxyFor({ targets: { [`${RDS}:443`]: target } })
    const answer = await fetchThrough(proxy, { url: `https://${RDS}/`, environment })
    expect(answer).toEqual({ status: 200, text: `tls ${RDS}` })
    expect(proxy.requests).toEqual([{ method: 'CONNECT', host: RDS, port: 443, outcome: 'forwarded' }])
  })

  test('the certificate counts only for its own names', async () => {
    const { environment, target } = await startTls('other.example')
    const proxy = await proxyFor({ targets: { [RDS]: target } })
    const answer = await fetchThrough(proxy, { url: `https://${RDS}/`, environment })
    expect(answer.failure).toMatch(/altnames/)
  })

  test('what is not mapped is refused with 502', async () => {
    const proxy = await proxyFor({ targets: { [`${RDS}:8443`]: { host: '127.0.0.1', port: 9 } } })
    expect(await connectThrough(proxy, `${RDS}:443`)).toMatchObject({ statusCode: 502 })
    expect((await fetchThrough(proxy, { url: `https://${RDS}/` })).failure).toBeDefined()
    expect(await connectThrough(proxy, RDS)).toMatchObject({ statusCode: 400 })
    expect(proxy.requests).toMatchObject([
      { method: 'CONNECT', host: RDS, port: 443, outcome: 'refused' },
      { outcome: 'refused' },
    ])
  })
})

describe('absolute form', () => {
  test('is forwarded to its mapped target or to loopback itself, nothing else', async () => {
    const target = await listen(
      createServer((asked, response) => {
        response.end(
          `${String(asked.headers.host)}${String(asked.url)}${String(asked.headers['proxy-authorization'])}`,
        )
      }),
    )
    const proxy = await proxyFor({ targets: { 'metadata.example': target } })
    const ask = async (url: string): Promise<Response> => await throughProxy(proxy, url)

    expect(await (await ask('http://metadata.example/a?b=c')).text()).toBe('metadata.example/a?b=cundefined')
    expect((await ask(`http://127.0.0.1:${String(target.port)}/`)).status).toBe(200)
    expect((await ask('http://unknown.example/')).status).toBe(502)
    expect((await ask('/relative')).status).toBe(400)
    expect(proxy.requests.map(({ outcome }) => outcome)).toEqual(['forwarded', 'forwarded', 'refused'])
  })

  test('asks for credentials when it has some', async () => {
    const target = await listen(createServer((_, response) => response.end('hello')))
    const credentials = { username: 'user', password: 'p@ss:word' }
    const proxy = await proxyFor({ targets: { 'metadata.example': target }, credentials })
    const url = 'http://metadata.example/'

    const refused = await throughProxy(proxy, url)
    expect(refused.status).toBe(407)
    expect(refused.headers.get('proxy-authenticate')).toMatch(/^Basic/)
    const { environment, target: tls } = await startTls(RDS)
    const secure = await proxyFor({ targets: { [RDS]: tls }, credentials })
    expect(await fetchThrough(secure, { url: `https://${RDS}/`, environment })).toMatchObject({ status: 200 })
    expect(await connectThrough(secure, `${RDS}:443`)).toMatchObject({
      statusCode: 407,
      headers: { 'proxy-authenticate': expect.stringMatching(/^Basic/) },
    })
    expect(secure.requests.map(({ outcome }) => outcome)).toEqual(['forwarded', 'unauthorized'])
  })
})

test('a target off this machine is refused at the start', async () => {
  await expect(startProxy({ targets: { [RDS]: { host: '192.0.2.1', port: 443 } } })).rejects.toThrow(
    /loopback/,
  )
  await expect(startProxy({ targets: { [RDS]: { host: 'localhost', port: 443 } } })).rejects.toThrow(
    /loopback/,
  )
})

/** What a bare CONNECT without credentials is answered with. */
async function connectThrough(proxy: Proxy, path: string): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: proxy.port, method: 'CONNECT', path, agent: false })
    asked.on('connect', (answer, socket) => {
      socket.destroy()
      resolve(answer)
    })
    asked.on('error', reject)
    asked.end()
  })
}

/** One request in absolute form, without any proxy logic of a client's. */
async function throughProxy(proxy: Proxy, target: string): Promise<Response> {
  return await new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: proxy.port, path: target, agent: false }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const headers = new Headers(
          Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
        )
        resolve(new Response(Buffer.concat(chunks), { status: answer.statusCode ?? 0, headers }))
      })
    })
    asked.setHeader('host', URL.parse(target)?.host ?? 'localhost')
    asked.on('error', reject)
    asked.end()
  })
}
