import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ACCOUNT_ID, REGION } from '../infra/variants.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const ENV = { PATH: process.env['PATH'] ?? '', TF_CLI_CONFIG_FILE: '/dev/null', CHECKPOINT_DISABLE: '1' }

/** Whichever of the two is installed. Nobody need have one. */
export const TERRAFORM = ['terraform', 'tofu'].find((program) => {
  try {
    return execFileSync(program, ['version'], { env: ENV, stdio: ['ignore', 'pipe', 'ignore'] }).length > 0
  } catch {
    return false
  }
})

/** What the module's expressions come to. Its provider, which is a download, stays out: account and Region are given instead. */
export function evaluate(program: string, expression: string, variables: object): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'module-'))
  try {
    const home = join(folder, 'infra', 'terraform')
    mkdirSync(home, { recursive: true })
    symlinkSync(join(ROOT, 'policies'), join(folder, 'policies'))
    for (const name of ['variables.tf', 'policies.tf'])
      cpSync(join(ROOT, 'infra', 'terraform', name), join(home, name))
    writeFileSync(
      join(home, 'account.tf'),
      `locals {\n  account_id = "${ACCOUNT_ID}"\n  region = "${REGION}"\n}\n`,
    )
    writeFileSync(join(home, 'test.auto.tfvars.json'), JSON.stringify(variables))
    const input = `base64encode(jsonencode(${expression}))\n`
    const said = execFileSync(program, ['console'], { cwd: home, env: ENV, input, stdio: 'pipe' }).toString()
    return JSON.parse(Buffer.from(JSON.parse(said) as string, 'base64').toString()) as unknown
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
