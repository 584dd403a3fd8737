import { chmod, lstat, mkdtemp, readFile, readdir, realpath, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as realSleep } from 'node:timers/promises'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { errorCode } from './error-code.ts'
import type { ServerUser } from './server-user.ts'

const execute = promisify(execFile)

// The directory that one local cloud keeps its databases in. Its name tells whose it is, so that the next local cloud can
// clear away what one that was killed has left.

const NAME = /^aurora-local-(?<owner>\d+)-\w{6}$/

/**
 * A new directory for temporary files: what is in it is private, but the servers' user may pass through it. First it clears
 * away what local clouds of this user have left there that are not running any more.
 */
export async function makePrivateDirectory(user: ServerUser): Promise<string> {
  const parent = await temporaryDirectory(user)
  await clearAwayAbandoned(parent)
  const directory = await mkdtemp(join(parent, `aurora-local-${process.pid}-`))
  await chmod(directory, 0o711)
  return directory
}

/** The system's own, unless the servers run as another user who cannot reach it. */
async function temporaryDirectory({ uid }: ServerUser): Promise<string> {
  const candidates = [tmpdir(), '/tmp', '/var/tmp']
  for (const directory of uid === undefined ? [tmpdir()] : candidates)
    if (uid === undefined || (await isOpenToAll(directory))) return directory
  throw new Error(`None of ${candidates.join(', ')} can be reached by the user whom the databases run as.`)
}

const SEARCHABLE_BY_OTHERS = 0o001

/** Whether everybody may pass through it and every directory above it. */
async function isOpenToAll(directory: string): Promise<boolean> {
  for (let path = await realpath(directory); ; path = dirname(path)) {
    const { mode } = await stat(path)
    if ((mode & SEARCHABLE_BY_OTHERS) === 0) return false
    if (path === dirname(path)) return true
  }
}

async function clearAwayAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const owner = NAME.exec(name)?.groups?.['owner']
    if (owner === undefined || isAlive(Number(owner))) continue
    const directory = join(parent, name)
    if (await isOurs(directory)) await clearAway(directory)
  }
}

/** Ends the database servers that work in the directory, whoever started them, and removes it. */
export async function clearAway(directory: string): Promise<void> {
  for (const pid of await serversIn(directory)) await end(pid)
  await rm(directory, { recursive: true, force: true, maxRetries: 10 })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is alive, too.
    return errorCode(error) === 'EPERM'
  }
}

async function isOurs(directory: string): Promise<boolean> {
  try {
    return (await lstat(directory)).uid === process.getuid?.()
  } catch {
    // Somebody else has just cleared it away.
    return false
  }
}

/** The programs that the local cloud starts. */
const PROGRAMS: ReadonlySet<string> = new Set(['initdb', 'postgres', 'mariadbd'])

/** Found by what they were started with: only a server of the local cloud has the directory among its arguments. */
async function serversIn(directory: string): Promise<readonly number[]> {
  const all = await commandLines()
  return all.flatMap(({ pid, words: [program = '', ...args] }) =>
    PROGRAMS.has(basename(program)) && args.some((word) => word.includes(`${directory}/`)) ? [pid] : [],
  )
}

interface CommandLine {
  readonly pid: number
  readonly words: readonly string[]
}

async function commandLines(): Promise<readonly CommandLine[]> {
  if (process.platform !== 'linux') return await commandLinesFromPs()
  const found: CommandLine[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    // A process may end while it is looked at.
    const text = await readFile(join('/proc', name, 'cmdline'), 'utf8').catch(() => '')
    found.push({ pid: Number(name), words: text.split('\0') })
  }
  return found
}

async function commandLinesFromPs(): Promise<readonly CommandLine[]> {
  const { stdout } = await execute('ps', ['-axww', '-o', 'pid=,command='])
  return stdout.split('\n').map((line) => {
    const [pid, ...words] = line.trim().split(/\s+/)
    return { pid: Number(pid), words }
  })
}

const END_LIMIT_MS = 5_000
const BETWEEN_LOOKS_MS = 20

/** First in the way in which PostgreSQL takes its own children along, then by force. */
async function end(pid: number): Promise<void> {
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    const deadline = performance.now() + END_LIMIT_MS
    while (isAlive(pid) && performance.now() < deadline) {
      try {
        process.kill(pid, signal)
      } catch {
        return
      }
      await realSleep(BETWEEN_LOOKS_MS)
    }
  }
}
