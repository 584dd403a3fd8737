import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { COMMANDS } from './commands.ts'

const PROGRAM = join(import.meta.dirname, 'program.ts')

/** A new directory, to come first on PATH, with a file for each program. It runs under the Node.js of the tests. */
export function plantTools(): string {
  const directory = mkdtempSync(join(tmpdir(), 'runner-tools-'))
  for (const tool of Object.keys(COMMANDS)) {
    const text = `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' ${tool} "$@"\n`
    writeFileSync(join(directory, tool), text, { mode: 0o755 })
  }
  return directory
}
