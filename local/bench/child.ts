import { spawn } from 'node:child_process'
import { peakMemoryWatch } from './memory.ts'

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

export interface ChildOptions {
  /** Ends the child and whatever it has started. */
  readonly signal: AbortSignal
  readonly timeoutMs: number
  /** Looking costs time: a run that is watched is not timed. */
  readonly watchMemory: boolean
}

export interface ChildRun {
  readonly exitCode: number | null
  /** On the scale of `performance.now()`, right before the process was started. */
  readonly startedAtMs: number
  readonly exitAfterMs: number
  readonly stdout: string
  readonly stderr: string
  /** `Date.now()` when the first of its output arrived. */
  readonly firstOutputAt: number | undefined
  /** Of the largest process among it and its children. */
  readonly peakMemoryBytes: number | undefined
}

/** Runs one command to its end, as everybody who is measured is run. */
export async function runChild(command: Command, options: ChildOptions): Promise<ChildRun> {
  options.signal.throwIfAborted()
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>()
  const output = { stdout: '', stderr: '' }
  let exitedAtMs = 0
  let firstOutputAt: number | undefined

  const startedAtMs = performance.now()
  const child = spawn(command.file, command.args, {
    cwd: command.cwd,
    env: command.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that a script's children end with it.
    detached: true,
  })
  child.once('exit', () => {
    exitedAtMs = performance.now()
  })
  child.once('error', reject)
  child.once('close', resolve)
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    firstOutputAt ??= Date.now()
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  const end = (): void => {
    if (child.pid !== undefined) killGroup(child.pid)
  }
  options.signal.addEventListener('abort', end, { once: true })
  const deadline = setTimeout(end, options.timeoutMs)
  const memory = options.watchMemory && child.pid !== undefined ? peakMemoryWatch(child.pid) : undefined
  try {
    const exitCode = await ended
    options.signal.throwIfAborted()
    return {
      exitCode,
      startedAtMs,
      exitAfterMs: exitedAtMs - startedAtMs,
      ...output,
      firstOutputAt,
      peakMemoryBytes: memory?.peakBytes(),
    }
  } finally {
    memory?.stop()
    clearTimeout(deadline)
    options.signal.removeEventListener('abort', end)
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
