import type { AuroraRegion } from '../../local/aurora/region.ts'
import { type AuroraServer, startAuroraServer } from '../../local/aurora/server.ts'
import { ManualClock } from '../local/aurora/cloud.ts'
import { Python, pythonPrograms } from './python.ts'

/** By how much a look at AWS ages the account: a waiter sees every status, however slow the machine is. */
const LOOK_MS = 20_000

/** An AWS account of the local cloud, with a client of AWS's own to look at it. Its minutes are as long as AWS's. */
export interface Account {
  readonly aws: AuroraServer
  readonly region: AuroraRegion
  readonly client: Python
  readonly clock: ManualClock
  /** Operations that arrived since the last time somebody asked. */
  newCalls(): readonly string[]
  close(): Promise<void>
}

export async function openAccount(): Promise<Account> {
  const bin = await pythonPrograms()
  const clock = new ManualClock()
  const aws = await startAuroraServer({ clock })
  aws.hooks.afterApply = ({ operation }) => {
    if (operation.startsWith('Describe')) clock.pass(LOOK_MS)
  }
  const client = new Python(bin, aws.url)
  let seen = 0
  return {
    aws,
    clock,
    client,
    region: aws.region('eu-west-1'),
    newCalls: () => {
      const calls = aws.requests.slice(seen).map(({ operation }) => operation)
      seen = aws.requests.length
      return calls
    },
    close: async () => {
      client.close()
      await aws.close()
    },
  }
}
