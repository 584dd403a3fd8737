import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** Tells guardian.ts what to clear away. */
export const DIRECTORY_VARIABLE = 'AURORA_LOCAL_DIRECTORY'

/** Starts the program that clears the directory away once this process has ended; the returned function ends it earlier. */
export function guard(directory: string): () => void {
  const guardian = spawn(process.execPath, [join(import.meta.dirname, 'guardian.ts')], {
    // A Ctrl-C in the terminal, or the end of the terminal itself, is not for it.
    detached: true,
    cwd: '/',
    // Tests start one for each of their clouds, and have it compiled once.
    env: { [DIRECTORY_VARIABLE]: directory, NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guardian.unref()
  return () => {
    guardian.stdin.end()
  }
}
