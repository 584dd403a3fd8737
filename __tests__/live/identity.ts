import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Identity {
  readonly url: string
  /** Where a job asks for its token, and with what. */
  readonly job: { readonly tokenUrl: string; readonly tokenBearer: string }
  /** What STS was asked. */
  readonly asked: readonly URLSearchParams[]
  readonly close: () => void
}

/** The access key that a session of this name gets. */
export const keyOf = (role: string): string => `ASIA${role.replaceAll('-', '').toUpperCase()}`

/** GitHub's tokens for jobs and AWS's STS, at one address. */
export async function startIdentity(tokenStatus = 200): Promise<Identity> {
  const asked: URLSearchParams[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.method === 'GET') {
        const isAllowed = request.headers.authorization === 'Bearer job'
        const audience = new URL(request.url ?? '', 'http://localhost').searchParams.get('audience') ?? ''
        response.writeHead(isAllowed ? tokenStatus : 401, { 'content-type': 'application/json' })
        response.end(JSON.stringify(tokenStatus === 200 ? { value: `token for ${audience}` } : {}))
        return
      }
      const call = new URLSearchParams(body)
      asked.push(call)
      response.writeHead(200, { 'content-type': 'text/xml' })
      response.end(`<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>
        <AccessKeyId>${keyOf(call.get('RoleSessionName') ?? '')}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
        <SessionToken>t</SessionToken><Expiration>2066-01-01T00:00:00Z</Expiration>
        </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    job: { tokenUrl: `${url}/?v=2`, tokenBearer: 'job' },
    asked,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
