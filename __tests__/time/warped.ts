import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { CloudClock } from '../../local/time/clock.ts'
import { ON_SIMULATED_TIME } from '../../local/time/node-flags.ts'

export interface Warped {
  kill(signal: NodeJS.Signals): void
  /** What it printed, read as JSON. */
  printed(): Promise<Record<string, unknown>>
  readonly ended: Promise<unknown>
}

/** Runs a script in a child process that lives on this clock. */
export async function startWarped(
  script: string,
  clock?: Pick<CloudClock, 'environment' | 'follow'>,
  {
    name = 'a child',
    env = {},
    flags = ON_SIMULATED_TIME,
  }: {
    readonly name?: string
    readonly env?: Record<string, string>
    readonly flags?: readonly string[]
  } = {},
): Promise<Warped> {
  const directory = await mkdtemp(join(tmpdir(), 'warp-'))
  const path = join(directory, 'child.mjs')
  await writeFile(path, script)
  const child = spawn(process.execPath, [...flags, path], {
    env: {
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...clock?.environment(),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const followed = clock?.follow?.(child, name)
  const ended = once(child, 'close').then(() => rm(directory, { recursive: true }))
  return {
    kill(signal) {
      child.kill(signal)
      followed?.woken()
    },
    async printed() {
      return JSON.parse(await text(child.stdout)) as Record<string, unknown>
    },
    ended,
  }
}
