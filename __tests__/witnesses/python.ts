import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pythonEnvironment } from '../../local/python-environment.ts'

/** Holds sitecustomize.py, which makes sleeping take less. */
const SITE = join(import.meta.dirname, '..', '..', 'local', 'python')
/** Waiters of AWS's clients look every 30 s: that becomes 3 ms. */
const SLEEP_SPEED = 10_000
const TIMEOUT_MS = 240_000

export interface Said {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Programs of the virtual environment. They find an empty home, so nobody's ~/.aws, and one account. */
export class Python {
  readonly bin: string
  readonly #home: string
  readonly environment: Readonly<Record<string, string>>

  constructor(bin: string, endpoint: string) {
    this.bin = bin
    this.#home = mkdtempSync(join(tmpdir(), 'witness-'))
    this.environment = {
      PATH: process.env['PATH'] ?? '',
      HOME: this.#home,
      PYTHONPATH: SITE,
      AURORA_LOCAL_CLOCK: JSON.stringify({ speed: SLEEP_SPEED }),
      AWS_ENDPOINT_URL_RDS: endpoint,
      AWS_ENDPOINT_URL_STS: endpoint,
      AWS_ENDPOINT_URL_CLOUDFORMATION: endpoint,
      AWS_ENDPOINT_URL_IAM: endpoint,
      // AWS's Python clients read this one, not AWS_REGION.
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIAWITNESS000000001',
      AWS_SECRET_ACCESS_KEY: 'witness',
      AWS_EC2_METADATA_DISABLED: 'true',
    }
  }

  /** Runs a program that stands beside this file: gives it JSON on its standard input, returns the JSON that it printed. */
  async run<Seen>(program: string, input: unknown = {}): Promise<Seen> {
    const said = await this.#execute('python', [join(import.meta.dirname, program)], JSON.stringify(input))
    if (said.exitCode !== 0) throw new Error(`${program} failed:\n${said.stderr}`)
    return JSON.parse(said.stdout) as Seen
  }

  async aws(...args: readonly string[]): Promise<Said> {
    return await this.#execute('aws', [...args, '--output', 'json'])
  }

  /** What the AWS CLI printed, when it must not fail. */
  async awsAnswer(...args: readonly string[]): Promise<unknown> {
    const { exitCode, stdout, stderr } = await this.aws(...args)
    if (exitCode !== 0) throw new Error(`aws ${args.join(' ')} failed:\n${stderr}`)
    return stdout.trim() === '' ? undefined : (JSON.parse(stdout) as unknown)
  }

  /** Starts a server that the caller ends. */
  serve(program: string, ...args: readonly string[]): ChildProcess {
    // Unbuffered, so that what it says is heard at once.
    return spawn(join(this.bin, 'python'), ['-u', join(this.bin, program), ...args], {
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  close(): void {
    rmSync(this.#home, { recursive: true, force: true })
  }

  async #execute(program: string, args: readonly string[], input = ''): Promise<Said> {
    return await new Promise((resolve) => {
      const options = { env: this.environment, timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 }
      const child = execFile(join(this.bin, program), args, options, (error, stdout, stderr) => {
        const exitCode = child.exitCode ?? (error === null ? 0 : null)
        resolve({ exitCode, stdout, stderr })
      })
      child.stdin?.end(input)
    })
  }
}

/** For a hook that comes first: the packages may have to be installed. */
export const FIRST_USE_TIMEOUT_MS = 600_000

/** The folder of the programs. Where they are missing there are no witnesses: every test that needs one fails with the reason. */
export async function pythonPrograms(): Promise<string> {
  const environment = await pythonEnvironment()
  if (environment.kind === 'missing') throw new Error(`no Python for the witnesses: ${environment.because}`)
  return environment.bin
}
