import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** As what user database servers run: an option of `spawn`, empty for the user of this very process. */
export interface ServerUser {
  readonly uid?: number
  readonly gid?: number
}

/** Neither PostgreSQL nor MariaDB runs as root: for root it is `nobody`, whom every system has. */
export async function serverUser(): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return {}
  const [uid, gid] = await Promise.all([numberOf('-u'), numberOf('-g')])
  return { uid, gid }
}

async function numberOf(flag: '-u' | '-g'): Promise<number> {
  const { stdout } = await execute('id', [flag, 'nobody'])
  return Number(stdout)
}
