import { writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { generate } from 'selfsigned'

export interface Certificate {
  readonly key: string
  readonly cert: string
  /** Writes the certificate as its own authority, for NODE_EXTRA_CA_CERTS or AWS_CA_BUNDLE; returns the path. */
  writeCaFile(directory: string): Promise<string>
}

const DAY_MS = 24 * 60 * 60 * 1_000

/** A self-signed certificate for these host names and addresses. TLS checks its dates against real time. */
export async function createCertificate(hosts: readonly [string, ...string[]]): Promise<Certificate> {
  const pems = await generate([{ name: 'commonName', value: hosts[0] }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: new Date(Date.now() + 30 * DAY_MS),
    extensions: [
      // It signs itself, and clients such as Python's ssl accept only an authority as the root of a chain.
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: hosts.map((host) => (isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host })),
      },
    ],
  })
  return {
    key: pems.private,
    cert: pems.cert,
    writeCaFile: async (directory) => {
      const path = join(directory, 'local-ca.pem')
      await writeFile(path, pems.cert)
      return path
    },
  }
}
