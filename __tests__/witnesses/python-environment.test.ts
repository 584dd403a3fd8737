import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type PythonEnvironment, pythonEnvironment } from '../../local/python-environment.ts'
import { FIRST_USE_TIMEOUT_MS, pythonPrograms } from './python.ts'

const LOCAL = join(import.meta.dirname, '..', '..', 'local')

let folder: string
let requirements: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'python-'))
  requirements = join(folder, 'requirements.txt')
  writeFileSync(requirements, '# nothing\n')
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const make = async (interpreter = 'python3'): Promise<PythonEnvironment> =>
  await pythonEnvironment({ directory: join(folder, 'venv'), requirements, interpreter })

describe('the Python environment', () => {
  test(
    'has the pinned packages, all that these need, and no other',
    async () => {
      const python = join(await pythonPrograms(), 'python')
      const pip = (...args: readonly string[]): string =>
        execFileSync(python, ['-I', '-m', 'pip', '--disable-pip-version-check', ...args]).toString()
      const names = (text: string): readonly string[] =>
        [...text.matchAll(/^[\w.-]+==[^\s\\]+/gm)]
          .map(([pin]) => pin.toLowerCase().replaceAll(/[_.](?=.*==)/g, '-'))
          .toSorted()
      const pinned = names(readFileSync(join(LOCAL, 'python-requirements.txt'), 'utf8'))
      expect(pinned.length).toBeGreaterThan(50)
      expect(names(pip('freeze'))).toEqual(pinned)
      expect(pip('check')).toBe('No broken requirements found.\n')
    },
    FIRST_USE_TIMEOUT_MS,
  )

  const wanted = (hash: string): void => {
    writeFileSync(join(folder, 'nothing-1.0-py3-none-any.whl'), 'a wheel')
    writeFileSync(requirements, `--no-index\n--find-links ${folder}\nnothing==1.0${hash}\n`)
  }

  test('takes no package without a hash, and says so in one line', async () => {
    wanted('')
    const because = expect.stringMatching(/^pip install failed: .*Hashes are required.*$/)
    expect(await make()).toEqual({ kind: 'missing', because })
  })

  test('takes none with the hash of another; what is not whole is made anew, and once by two that want it', async () => {
    wanted(` --hash=sha256:${'0'.repeat(64)}`)
    const because = expect.stringMatching(/^pip install failed: .*DO NOT MATCH THE HASHES.*$/)
    expect(await make()).toEqual({ kind: 'missing', because })
    rmSync(join(folder, 'venv', 'bin', 'pip'))
    writeFileSync(requirements, '# nothing\n')
    const ready = { kind: 'ready', bin: join(folder, 'venv', 'bin') }
    expect(await Promise.all([make(), make()])).toEqual([ready, ready])
    expect(statSync(join(folder, 'venv', 'bin', 'pip')).isFile()).toBe(true)
    const stamp = join(folder, 'venv', 'installed.sha256')
    const { ino } = statSync(stamp)
    expect(await make()).toEqual(ready)
    expect(statSync(stamp).ino).toBe(ino)
  })

  test('is missing where there is no Python', async () => {
    expect(await make('no-such-python')).toEqual({ kind: 'missing', because: 'there is no no-such-python' })
  })
})

test('sleeping takes less on a local clock, and nothing else changes', () => {
  const program = `
import time
began = time.monotonic()
time.sleep(20)
assert time.monotonic() - began < 10, "sleeps in real time"
assert abs(time.time() - float(${String(Date.now() / 1_000)})) < 60, "tells another time of day"
`
  const env = { PYTHONPATH: join(LOCAL, 'python'), AURORA_LOCAL_CLOCK: JSON.stringify({ speed: 1_000 }) }
  execFileSync('python3', ['-c', program], { env: { ...env, PATH: process.env['PATH'] }, timeout: 240_000 })
})
