import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach } from '@jest/globals'

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Marks what AWS answers; proxies and portals do not know it. */
export const REQUEST_ID = { 'x-amzn-requestid': 'request-7' }

/** In place of AWS, for each test of a file: answers every call with one status and body, on this machine alone. */
export class AnsweringServer {
  answer: Answer = { status: 200, body: '' }
  readonly requests: { readonly userAgent: string; readonly body: string }[] = []
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      request.on('end', () => {
        const { status, headers = REQUEST_ID } = this.answer
        this.requests.push({ userAgent: request.headers['user-agent'] ?? '', body })
        response.sendDate = false
        response.writeHead(status, { 'content-type': 'text/xml', ...headers })
        response.end(this.answer.body)
      })
    })
  }

  /** The server of the test that runs. Every AWS client of this process speaks with it as long as that. */
  static beforeEach(): () => AnsweringServer {
    const variables = { ...process.env }
    let server = new AnsweringServer()
    beforeEach(async () => {
      server = new AnsweringServer()
      const url = await server.#listen()
      Object.assign(process.env, {
        AWS_ENDPOINT_URL_RDS: url,
        AWS_ENDPOINT_URL_STS: url,
        AWS_ACCESS_KEY_ID: 'AKIA',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_EC2_METADATA_DISABLED: 'true',
      })
    })
    afterEach(async () => {
      process.env = { ...variables }
      await server.#close()
    })
    return () => server
  }

  async #listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async #close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
