import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } from '@actions/workflow-parser'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import type { JsonObject } from '../local/github/representation.ts'
import { replacedActions } from '../local/runner/actions/replaced-actions.ts'
import { evaluate } from '../local/runner/expressions.ts'
import { callInputs } from '../local/runner/inputs.ts'
import { runnerLabels } from '../local/runner/runner-labels.ts'
import { readWorkflow } from '../local/runner/workflow-file.ts'
import { OWN_REPOSITORY, OWN_TAG } from '../policies/publisher.ts'
import { workflowFindings } from '../scripts/workflow-rules.ts'
import { INPUTS } from '../src/contract.ts'

const ROOT = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

type Inputs = Readonly<Record<string, unknown>>
type Permissions = Readonly<Record<string, string>>
interface Step {
  readonly id?: string
  readonly uses?: string
  readonly with?: Inputs
}
interface Job {
  readonly uses?: string
  readonly with?: Inputs
  readonly permissions?: Permissions
  readonly outputs?: Readonly<Record<string, string>>
  readonly steps?: readonly Step[]
}
interface Call {
  readonly inputs: Readonly<
    Record<
      string,
      { readonly type: string; readonly required?: boolean; readonly default?: string | boolean }
    >
  >
  readonly outputs: Readonly<Record<string, { readonly value: string }>>
}
interface Workflow {
  readonly on: { readonly workflow_call: Call }
  readonly jobs: Readonly<Record<string, Job>>
}
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>
  readonly outputs: Readonly<Record<string, unknown>>
}

const action = parse(read('action.yml')) as Action
const names = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.yml'))
    .map((name) => `${folder}/${name}`)
const workflow = (path: string): Workflow => parse(read(path)) as Workflow

const CALLABLES = ['pr-database', 'pr-database-ghes', 'sweep'].map((name) => `.github/workflows/${name}.yml`)
/** Inputs of a called workflow that are not inputs of the action. */
const NOT_OF_THE_STEP = ['role-to-assume', 'runs-on', 'reset']
const EXAMPLES = names('examples')
const ALL = [...names('.github/workflows'), ...EXAMPLES]

const jobsOf = (path: string): readonly (readonly [string, Job])[] => Object.entries(workflow(path).jobs)
const stepsOf = (path: string): readonly Step[] => jobsOf(path).flatMap(([, { steps = [] }]) => steps)
const isOurs = ({ uses = '' }: Step): boolean => uses === '$/.' || uses.startsWith(`${OWN_REPOSITORY}@`)
const MODE_OF_A_CALL = "${{ inputs.reset && 'reset' || 'auto' }}"
const modesOf = ({ with: { mode = 'auto' } = {} }: Step): unknown[] =>
  mode === MODE_OF_A_CALL ? ['auto', 'reset'] : [mode]

/** The workflow of ours that a job calls. */
function calleeOf({ uses = '' }: Job): Workflow | undefined {
  const path = new RegExp(`^${OWN_REPOSITORY}/(.+)@${OWN_TAG}$`).exec(uses)?.[1]
  return path === undefined ? undefined : workflow(path)
}

describe.each(ALL)('%s', (path) => {
  test('is one that GitHub takes', async () => {
    const file = { name: path, content: read(path) }
    const { context, value } = parseWorkflow(file, new NoOperationTraceWriter())
    expect(context.errors.getErrors()).toEqual([])
    if (value === undefined) throw new Error('the file is empty')
    expect((await convertWorkflowTemplate(context, value)).errors ?? []).toEqual([])
  })

  test('keeps the rules of this house', () => {
    expect(workflowFindings(read(path))).toEqual([])
  })
})

describe.each([...CALLABLES, ...EXAMPLES])('%s', (path) => {
  test('gives our steps only inputs that exist and that their mode reads', () => {
    const contract: Readonly<Partial<Record<string, { readonly modes: readonly string[] }>>> = INPUTS
    for (const step of stepsOf(path).filter(isOurs)) {
      for (const name of Object.keys(step.with ?? {})) {
        expect(Object.keys(action.inputs)).toContain(name)
        expect([name, contract[name]?.modes ?? []]).toEqual([name, expect.arrayContaining(modesOf(step))])
      }
    }
  })

  test('reads only outputs that exist', () => {
    for (const [, job = '', output = ''] of read(path).matchAll(/needs\.([\w-]+)\.outputs\.([\w-]+)/g)) {
      const needed = workflow(path).jobs[job]
      const outputs = calleeOf(needed ?? {})?.on.workflow_call.outputs ?? needed?.outputs ?? {}
      expect(Object.keys(outputs)).toContain(output)
    }
    for (const [, id, output = ''] of read(path).matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)) {
      const step = stepsOf(path).find((candidate) => candidate.id === id)
      expect([id, step]).toEqual([id, expect.anything()])
      if (step !== undefined && isOurs(step)) expect(Object.keys(action.outputs)).toContain(output)
    }
  })

  test('uses actions of others only where there is a replacement for the local cloud', () => {
    const others = stepsOf(path).filter((step) => step.uses !== undefined && !isOurs(step))
    const used = others.map(({ uses = '' }) => uses.replace(/@.*$/, ''))
    expect(used.filter((name) => replacedActions[name] === undefined)).toEqual([])
  })
})

test('all of them use one version of each action', () => {
  const pins = new Map<string, Set<string>>()
  for (const [, name = '', ref = ''] of ALL.map(read)
    .join('\n')
    .matchAll(/uses: ([\w./-]+)@([0-9a-f]{40} # \S+)/g)) {
    pins.set(name, (pins.get(name) ?? new Set()).add(ref))
  }
  expect(pins.size).toBeGreaterThan(2)
  expect([...pins].filter(([, refs]) => refs.size > 1)).toEqual([])
})

describe.each(EXAMPLES)('%s', (path) => {
  test('begins by saying what it is for and what to replace', () => {
    const header = /^(?:#.*\n)+/.exec(read(path))?.[0] ?? ''
    expect(header.length).toBeGreaterThan(100)
    expect(header).toContain('\n# Replace: ')
  })

  test('gives workflows of ours what they take, and grants what they need', () => {
    for (const [id, job] of jobsOf(path)) {
      const callee = calleeOf(job)
      expect([id, job.uses === undefined]).toEqual([id, callee === undefined])
      if (callee === undefined) continue
      const { inputs } = callee.on.workflow_call
      const required = Object.keys(inputs).filter((name) => inputs[name]?.required === true)
      expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(job.with ?? {})))
      expect(Object.keys(job.with ?? {})).toEqual(expect.arrayContaining(required))
      for (const [name, value] of Object.entries(job.with ?? {})) {
        if (typeof value === 'boolean') expect([name, inputs[name]?.type]).toEqual([name, 'boolean'])
      }
      for (const { permissions = {} } of Object.values(callee.jobs)) {
        expect(job.permissions).toMatchObject(permissions)
      }
    }
  })
})

describe.each([...CALLABLES, '.github/workflows/warm-source.yml'])('%s', (path) => {
  const labelsFor = async (given: JsonObject): Promise<readonly string[]> => {
    const { call, jobs } = await readWorkflow(path, read(path))
    const [job] = jobs
    if (job?.kind !== 'steps' || job.runsOn === undefined) throw new Error('the job says no runner')
    // What does not matter here, but is required.
    const required = { 'role-to-assume': 'r', 'aws-region': 'r', 'source-cluster': 's', 'sanitize-sql': 's' }
    const others = { ...required, 'quarantine-security-group-ids': 'sg' }
    const known = (call?.inputs ?? []).map(({ name }) => name)
    const inputs = callInputs(
      call?.inputs ?? [],
      Object.fromEntries(Object.entries({ ...others, ...given }).filter(([name]) => known.includes(name))),
    )
    return runnerLabels(evaluate(job.runsOn, { contexts: { inputs } }))
  }

  test.each([
    [{}, ['ubuntu-latest']],
    [{ 'runs-on': 'self-hosted' }, ['self-hosted']],
    [{ 'runs-on': '["self-hosted", "linux"]' }, ['self-hosted', 'linux']],
    [{ 'runs-on': '["vpc"]' }, ['vpc']],
  ])('%j runs on %j', async (given, labels) => {
    expect(await labelsFor(given)).toEqual(labels)
  })

  test.each(['', '[]', '["vpc"', '[1]'])('runs on nothing that %j could mean', async (given) => {
    await expect(labelsFor({ 'runs-on': given })).rejects.toThrow()
  })
})

describe.each(CALLABLES)('%s', (path) => {
  const { on, jobs } = workflow(path)
  const { inputs, outputs } = on.workflow_call
  const [[jobName, job]] = Object.entries(jobs) as [[string, Job]]
  const ours = (job.steps ?? []).find(isOurs)

  test('has no trigger of its own', () => {
    expect(Object.keys(on)).toEqual(['workflow_call'])
  })

  test('takes inputs of action.yml, the role, and the labels of the runner', () => {
    const known = [...NOT_OF_THE_STEP, ...Object.keys(action.inputs)]
    expect(Object.keys(inputs).filter((name) => !known.includes(name))).toEqual([])
    const required = Object.keys(inputs).filter((name) => inputs[name]?.required === true)
    expect(required).toEqual(['role-to-assume', 'aws-region'])
  })

  test('has the defaults of action.yml', () => {
    for (const [name, input] of Object.entries(inputs)) {
      if (NOT_OF_THE_STEP.includes(name)) continue
      const byDefault = action.inputs[name]?.default
      // docs/inputs.md gives it in words: it depends on the mode.
      const expected = name === 'wait' ? 'true' : byDefault
      expect([name, input.default === undefined ? undefined : String(input.default)]).toEqual([
        name,
        expected,
      ])
    }
  })

  test('hands every input on as it is', () => {
    const { mode, ...handedOn } = ours?.with ?? {}
    const expected = Object.keys(inputs).filter((name) => !NOT_OF_THE_STEP.includes(name))
    expect(handedOn).toEqual(Object.fromEntries(expected.map((name) => [name, `\${{ inputs.${name} }}`])))
    expect(mode).toBe(path.endsWith('sweep.yml') ? 'sweep' : MODE_OF_A_CALL)
  })

  test('hands every output on as it is', () => {
    const expected = path.endsWith('sweep.yml') ? ['outcome'] : Object.keys(action.outputs)
    expect(Object.entries(outputs).map(([name, { value }]) => [name, value])).toEqual(
      expected.map((name) => [name, `\${{ jobs.${jobName}.outputs.${name} }}`]),
    )
    expect(job.outputs).toEqual(
      Object.fromEntries(expected.map((name) => [name, `\${{ steps.${ours?.id ?? ''}.outputs.${name} }}`])),
    )
  })
})
