import { spawn } from 'node:child_process'

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

export interface Limits {
  readonly signal: AbortSignal
  readonly timeout: number
}

export interface ChildRun {
  /** On the scale of `performance.now()`, right before the process was started. */
  readonly startedAtMs: number
  readonly exitAfterMs: number
  readonly stdout: string
  /** `Date.now()` when the first of its output arrived. */
  readonly firstOutputAt: number | undefined
}

/** Runs one command to its end, as everybody who is measured is run; throws unless it succeeds. */
export async function runChild({ file, args, env, cwd }: Command, limits: Limits): Promise<ChildRun> {
  limits.signal.throwIfAborted()
  const output = { stdout: '', stderr: '' }
  let exitedAtMs = 0
  let firstOutputAt: number | undefined
  let failure: Error | undefined

  const startedAtMs = performance.now()
  const child = spawn(file, args, {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    killSignal: 'SIGKILL',
    ...limits,
  })
  child.once('exit', () => {
    exitedAtMs = performance.now()
  })
  child.on('error', (error) => {
    failure = error
  })
  child.stdout.once('data', () => {
    firstOutputAt = Date.now()
  })
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  // After an error, too: whoever goes on must find the process gone.
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (exitCode !== 0) {
    const told = `${[file, ...args].join(' ')} ended with ${String(exitCode)}:\n${output.stdout}${output.stderr}`
    throw failure ?? new Error(told)
  }
  return { startedAtMs, exitAfterMs: exitedAtMs - startedAtMs, stdout: output.stdout, firstOutputAt }
}
