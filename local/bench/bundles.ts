import { mkdirSync, mkdtempSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { runChild } from './child.ts'
import { ACTION_BUNDLE } from './contenders.ts'
import type { BundleSizes } from './rows.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const ENTRY = join(import.meta.dirname, 'contenders', 'rds-client-alone.js')
const BUILD_LIMIT_MS = 120_000

/** Built like dist/, by the same ncc; returns the path of its index.js. */
export async function bundleRdsClient(
  scratch: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<string> {
  const out = mkdtempSync(join(scratch, 'rds-client-'))
  const home = join(scratch, 'ncc-home')
  mkdirSync(home, { recursive: true })
  const ncc = createRequire(import.meta.url).resolve('@vercel/ncc/dist/ncc/cli.js')
  const { exitCode, stdout, stderr } = await runChild(
    {
      file: process.execPath,
      args: [ncc, 'build', ENTRY, '--out', out, '--no-cache', '--quiet'],
      env: { PATH: process.env['PATH'] ?? '', HOME: home },
      cwd: ROOT,
    },
    { signal, timeoutMs: BUILD_LIMIT_MS, watchMemory: false },
  )
  if (exitCode !== 0) throw new Error(`ncc could not bundle the RDS client alone:\n${stdout}${stderr}`)
  return join(out, 'index.js')
}

export function bundleSizes(rdsClientBundle: string): BundleSizes {
  return {
    entry: statSync(ACTION_BUNDLE).size,
    whole: codeBytes(dirname(ACTION_BUNDLE)),
    rdsClient: codeBytes(dirname(rdsClientBundle)),
  }
}

function codeBytes(directory: string): number {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.js'))
    .reduce((bytes, name) => bytes + statSync(join(directory, name)).size, 0)
}
