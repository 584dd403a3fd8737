import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { setTimeout as realSleep } from 'node:timers/promises'
import { errorInOneLine } from './error-code.ts'
import type { ServerUser } from './server-user.ts'

export interface ServerCommand {
  /** As people call it. */
  readonly product: string
  readonly executable: string
  readonly args: readonly string[]
  readonly user: ServerUser
  /** What the server prints, from one start to the next. */
  readonly logFile: string
  /** Resolves to whether the server answers; a server that does not listen yet is no error. */
  readonly answers: () => Promise<boolean>
}

const START_LIMIT_MS = 60_000
const BETWEEN_LOOKS_MS = 20
const STOP_LIMIT_MS = 20_000
const LOG_TAIL_LINES = 15

/** A database server as a child process, in a process group of its own: a Ctrl-C in the terminal is not for it. */
export class ServerProcess {
  readonly #command: ServerCommand
  readonly #child: ChildProcess
  readonly #exited: Promise<string>
  #ending: string | undefined

  private constructor(command: ServerCommand) {
    this.#command = command
    const log = openSync(command.logFile, 'a', 0o600)
    try {
      this.#child = spawn(command.executable, [...command.args], {
        ...command.user,
        cwd: '/',
        detached: true,
        // Nothing of the user's own settings (PGDATA, MYSQL_HOME, …) reaches it.
        env: { LC_ALL: 'C', TZ: 'UTC' },
        stdio: ['ignore', log, log],
      })
    } finally {
      closeSync(log)
    }
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        resolve(error.message)
      })
      this.#child.once('exit', (code, signal) => {
        resolve(signal ?? `exit status ${String(code)}`)
      })
    })
    void this.#exited.then((ending) => {
      this.#ending = ending
    })
  }

  /** Resolves once the server answers; one that ends instead rejects with what it printed last. */
  static async start(command: ServerCommand): Promise<ServerProcess> {
    const server = new ServerProcess(command)
    const deadline = performance.now() + START_LIMIT_MS
    while (!(await server.#isUp())) {
      if (server.#ending !== undefined) throw await server.#failure(`ended by itself (${server.#ending})`)
      if (performance.now() > deadline) {
        await server.stop('SIGQUIT')
        throw await server.#failure('did not answer in time')
      }
      await realSleep(BETWEEN_LOOKS_MS)
    }
    return server
  }

  get isRunning(): boolean {
    return this.#ending === undefined
  }

  /** Asks it to end by the signal, and resolves when it has. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal)
    const late = setTimeout(() => {
      this.#child.kill('SIGKILL')
    }, STOP_LIMIT_MS)
    await this.#exited
    clearTimeout(late)
  }

  /** Holds all its threads, none of them within a call that writes; `false` where the system does not tell that. */
  async hold(): Promise<boolean> {
    const { pid } = this.#child
    if (process.platform !== 'linux' || pid === undefined) return false
    this.#child.kill('SIGSTOP')
    while (this.isRunning && !(await isHeld(pid))) await realSleep(1)
    return true
  }

  release(): void {
    this.#child.kill('SIGCONT')
  }

  async #isUp(): Promise<boolean> {
    try {
      // With somebody else on its port, who may never answer, the server has ended.
      return await Promise.race([this.#command.answers(), this.#exited.then(() => false)])
    } catch (error) {
      // Nobody would know of it any more.
      await this.stop('SIGQUIT')
      throw await this.#failure(`cannot be used (${errorInOneLine(error)})`)
    }
  }

  async #failure(what: string): Promise<Error> {
    const log = await readFile(this.#command.logFile, 'utf8')
    const tail = log.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n')
    return new Error(`${this.#command.product} ${what}. It printed:\n${tail}`)
  }
}

/** Whether every thread is in the state `T`. (Linux manual, proc_pid_stat.) */
async function isHeld(pid: number): Promise<boolean> {
  const tasks = `/proc/${String(pid)}/task`
  const threads = await readdir(tasks).catch(() => [])
  // One that has ended meanwhile writes no more.
  const stats = await Promise.all(
    threads.map((id) => readFile(`${tasks}/${id}/stat`, 'utf8').catch(() => ') T')),
  )
  return stats.every((stat) => stat.slice(stat.lastIndexOf(')')).startsWith(') T'))
}
