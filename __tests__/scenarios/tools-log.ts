import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from '@jest/globals'

/** Where the programs of a runner write down what they are called with. */
export interface ToolsLog {
  readonly file: string
  /** In order: `helm upgrade …`. */
  readonly calls: () => readonly string[]
}

const directories: string[] = []

afterAll(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
})

export function aToolsLog(): ToolsLog {
  const directory = mkdtempSync(join(tmpdir(), 'tools-log-'))
  directories.push(directory)
  const file = join(directory, 'calls')
  return { file, calls: () => callsIn(file) }
}

function callsIn(file: string): readonly string[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return []
  }
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly tool: string; readonly args: readonly string[] })
    .map(({ tool, args }) => [tool, ...args].join(' '))
}
