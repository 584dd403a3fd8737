import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const ROOT = join(import.meta.dirname, '..')
const INSTALL = join(import.meta.dirname, 'python', 'install.py')

/** Some 70 packages over a slow line; whoever waits for another's installation waits as long. */
const INSTALL_TIMEOUT_MS = 10 * 60_000

export type PythonEnvironment =
  /** The absolute path of the folder that holds `python`, `aws` and `moto_server`. */
  { readonly kind: 'ready'; readonly bin: string } | { readonly kind: 'missing'; readonly because: string }

export interface PythonEnvironmentOptions {
  /** A virtual environment cannot be moved: it is made in its place, under a lock. */
  readonly directory?: string
  readonly requirements?: string
  readonly interpreter?: string
}

/** Python with the packages of python-requirements.txt; they are installed where they are not there yet. */
export async function pythonEnvironment({
  // Ignored by git.
  directory = join(ROOT, '.cache', 'python'),
  requirements = join(ROOT, 'local', 'python-requirements.txt'),
  interpreter = 'python3',
}: PythonEnvironmentOptions = {}): Promise<PythonEnvironment> {
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  // Written last, with the hash of the requirements: without it, or with another, the installation is made anew.
  const stamp = join(directory, 'installed.sha256')
  const bin = join(directory, 'bin')
  // The interpreter is a link to the system's, which may have gone with an upgrade.
  const isInstalled = (): boolean =>
    existsSync(join(bin, 'python')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
  try {
    if (!isInstalled()) {
      const args = ['-I', INSTALL, directory, requirements, stamp, wanted]
      await promisify(execFile)(interpreter, args, { timeout: INSTALL_TIMEOUT_MS })
    }
  } catch (error) {
    return { kind: 'missing', because: reason(error, interpreter) }
  }
  return isInstalled()
    ? { kind: 'ready', bin }
    : { kind: 'missing', because: `the installation left no ${stamp}` }
}

function reason(error: unknown, interpreter: string): string {
  const { code, killed, stderr } = error as {
    readonly code?: unknown
    readonly killed?: boolean
    readonly stderr?: string
  }
  if (code === 'ENOENT') return `there is no ${interpreter}`
  if (killed === true)
    return `the Python packages were not installed within ${INSTALL_TIMEOUT_MS / 60_000} minutes`
  const lastLine = stderr?.trim().split('\n').at(-1)
  return lastLine === undefined || lastLine === '' ? String(error) : lastLine
}
