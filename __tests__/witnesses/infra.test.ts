import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { PARAMETERS } from '../../infra/stack.ts'
import type { PolicyDocument } from '../../policies/policy-document.ts'
import { ACCOUNT_ID, VARIANTS, type Variant, parametersOf, rolesOf, valuesOf } from '../infra/variants.ts'
import { read } from '../documentation/pages.ts'
import { type Call, ENVIRONMENT, documentedCalls } from '../documentation/recorded-calls.ts'
import { type Moto, startMoto } from './moto.ts'
import { FIRST_USE_TIMEOUT_MS, type Said } from './python.ts'
import { TERRAFORM, evaluate } from './terraform.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const TEMPLATE = join(ROOT, 'infra', 'cloudformation.yml')
const MODULE = join(ROOT, 'infra', 'terraform')

let moto: Moto

beforeAll(async () => {
  moto = await startMoto()
}, FIRST_USE_TIMEOUT_MS)

afterAll(async () => {
  await moto.close()
})

/** What stack_roles.py prints. */
interface Stack {
  readonly roles: Readonly<Record<string, StackRole>>
  readonly outputs: Readonly<Record<string, string>>
  /** Roles that are still there when the stack is deleted. */
  readonly left: readonly string[]
}

interface StackRole {
  readonly arn: string
  readonly trust: PolicyDocument
  readonly permissions: Readonly<Record<string, PolicyDocument>>
}

function expectedStack(variant: Variant): Stack {
  const arn = (name: string): string => `arn:aws:iam::${ACCOUNT_ID}:role/${name}`
  const roles = Object.entries(rolesOf(variant)).map(([name, role]) => [name, { arn: arn(name), ...role }])
  return {
    roles: Object.fromEntries(roles) as Stack['roles'],
    outputs: {
      PullRequests: arn('clones'),
      Sweep: arn('clones-sweep'),
      ...(variant.cloneKey === undefined ? {} : { NamedClones: arn(`clones-${variant.cloneKey}`) }),
    },
    left: [],
  }
}

describe('the stack, in somebody else’s CloudFormation', () => {
  // moto makes no provider from a template: it shows that nothing else depends on that choice.
  const cases = ['create', 'existing'].flatMap((provider) =>
    (['called', 'direct', 'enterprise'] as const).map((trust) => [trust, provider] as const),
  )

  test.each(cases)('makes the roles that policies/ says: %s, provider %s', async (trust, provider) => {
    const variants = VARIANTS.filter((variant) => variant.trust === trust)
    const stacks = await moto.client.run<readonly Stack[]>('stack_roles.py', {
      template: readFileSync(TEMPLATE, 'utf8'),
      parameters: variants.map((variant) => ({ ...parametersOf(variant), OidcProvider: provider })),
    })
    expect(stacks).toEqual(variants.map(expectedStack))
  })
})

describe('AWS’s own client', () => {
  const isUndo = ({ args: [, operation] }: Call): boolean => operation === 'delete-stack'
  const calls = documentedCalls().filter(({ program }) => program === 'aws')
  const of = (...pages: readonly string[]): readonly Call[] =>
    calls.filter(({ page }) => pages.includes(page))
  // Of the stack before it is gone.
  const first = of('README.md', 'docs/role.md')
  const commands = [
    ...first.filter((call) => !isUndo(call)).map(({ args }) => args),
    ['iam', 'get-role', '--role-name', 'aurora-clone', '--output', 'json'],
    ...first.filter(isUndo).map(({ args }) => args),
    ...calls.filter((call) => !first.includes(call)).map(({ args }) => args),
  ]

  test('takes every command of the pages', async () => {
    const words = { secret: ENVIRONMENT.SECRET_ARN, vpc: 'VPC_ID' }
    const said = await moto.client.run<readonly Said[]>('typed_commands.py', { commands, words })
    const ended = commands.map((args, index) => ({ args: args.slice(0, 2), ...said[index] }))
    const named = ended.filter(({ exitCode }) => exitCode !== 0)
    // A command that is only named, without what it needs.
    expect(
      named.map(({ args, stderr = '' }) => [...args, stderr.includes(' arguments are required: ') || stderr]),
    ).toEqual([
      ['cloudformation', 'deploy', true],
      ['iam', 'delete-open-id-connect-provider', true],
    ])
    const answers = (operation: string): unknown =>
      ended.flatMap(({ args, stdout = '' }) => (args[1] === operation ? [stdout] : []))
    const deployed: unknown = expect.stringContaining('Successfully created/updated stack')
    // The quick start's, the one that is only named, and the live test's.
    expect(answers('deploy')).toEqual([deployed, '', deployed])
    expect(answers('get-role')).toEqual([expect.stringContaining('"repo:acme@17/shop@4711:pull_request"')])
  })
})

describe('the template', () => {
  test('has no fault that cfn-lint sees', async () => {
    // I3042 asks for partitions other than aws, which policies/ has not.
    const args = ['--include-checks', 'I', '--ignore-checks', 'I3042', '--', TEMPLATE]
    const said = await promisify(execFile)(join(moto.client.bin, 'cfn-lint'), args)
    expect(said).toEqual({ stdout: '', stderr: '' })
  })

  test.each([false, true])(
    'makes roles about which cfripper says nothing new: only warm %p',
    async (onlyWarm) => {
      const folder = mkdtempSync(join(tmpdir(), 'cfripper-'))
      try {
        const everything = VARIANTS.find(
          ({ trust, cloneKey, kmsKeys }) =>
            trust === 'called' && cloneKey !== undefined && kmsKeys.length > 0,
        )
        const values = join(folder, 'values.json')
        const variant = everything && { ...everything, preparation: true, onlyWarm }
        writeFileSync(values, JSON.stringify(variant && { ...parametersOf(variant), OidcProvider: 'create' }))
        const args = [TEMPLATE, '--format', 'json', '--resolve', '--resolve-parameters', values]
        const said = await promisify(execFile)(join(moto.client.bin, 'cfripper'), args).catch(
          (error: unknown) => error,
        )
        const { failures, exceptions } = JSON.parse((said as { readonly stdout: string }).stdout) as {
          readonly exceptions: readonly unknown[]
          readonly failures: readonly { readonly rule: string; readonly resource_ids: readonly string[] }[]
        }
        expect(exceptions).toEqual([])
        const found = failures.map(({ rule, resource_ids }) => `${rule}: ${resource_ids.join()}`)
        expect([...new Set(found)].toSorted()).toEqual([
          // kms:GenerateDataKey*.
          'GenericResourceWildcardPolicyRule: NamedClones',
          'GenericResourceWildcardPolicyRule: PullRequests',
          'IAMRoleWildcardActionOnPolicyRule: NamedClones',
          'IAMRoleWildcardActionOnPolicyRule: PullRequests',
          // Calls that list have no resource.
          'WildcardResourceRule: NamedClones',
          'WildcardResourceRule: PullRequests',
          'WildcardResourceRule: Sweep',
        ])
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  )
})

/** What module_facts.py prints. */
interface ModuleFacts {
  readonly variables: Readonly<Record<string, { readonly description?: string; readonly default?: unknown }>>
  readonly usedVariables: readonly string[]
  readonly locals: readonly string[]
  readonly usedLocals: readonly string[]
  readonly outputs: Readonly<Record<string, string | null>>
  readonly preconditions: readonly string[]
  readonly files: readonly string[]
}

const snakeCase = (name: string): string =>
  name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase()

describe('the module', () => {
  let facts: ModuleFacts

  beforeAll(async () => {
    facts = await moto.client.run<ModuleFacts>('module_facts.py', { folder: MODULE })
  })

  test('uses all that it declares, and nothing else', () => {
    expect(facts.usedVariables).toEqual(Object.keys(facts.variables).toSorted())
    expect(facts.usedLocals).toEqual(facts.locals)
  })

  test('describes what it takes and gives', () => {
    const described = {
      ...facts.outputs,
      ...Object.fromEntries(
        Object.entries(facts.variables).map(([name, { description }]) => [name, description]),
      ),
    }
    for (const [name, description] of Object.entries(described))
      expect([name, description]).toEqual([name, expect.stringMatching(/^[A-Z].*\.$/s)])
  })

  test('reads files that exist', () => {
    expect(facts.files.length).toBeGreaterThan(0)
    for (const file of facts.files) expect([file, existsSync(join(MODULE, file))]).toEqual([file, true])
  })

  test('takes what the template takes, with the same defaults', () => {
    const expected = Object.entries(PARAMETERS)
      .filter(([name]) => name !== 'OidcProvider')
      .map(([name, { Type, Default, AllowedValues }]) => {
        const list = Default === '' ? [] : Default?.split(',')
        if (AllowedValues?.join() === 'no,yes') return [snakeCase(name), Default === 'yes']
        return [snakeCase(name), Type === 'CommaDelimitedList' ? list : Default === '' ? null : Default]
      })
    const taken = Object.entries(facts.variables).map(([name, variable]) => [name, variable.default])
    expect(Object.fromEntries(taken)).toEqual({
      ...Object.fromEntries(expected),
      create_oidc_provider: undefined,
    })
  })

  test('has in docs/role.md all that it takes without a default', () => {
    const [, block = ''] = /```hcl\n(.*?)```/s.exec(read('docs/role.md')) ?? []
    const given = [...block.matchAll(/^ {2}(\w+) +=/gm)].map(([, name]) => name)
    const needed = Object.entries(facts.variables).filter(([, variable]) => variable.default === undefined)
    expect(given.toSorted()).toEqual(['source', ...needed.map(([name]) => name)].toSorted())
  })

  // `npm run witnesses` needs neither: with one of them, the module's own expressions are proved.
  const program = TERRAFORM ?? ''
  const testWithTerraform = TERRAFORM === undefined ? test.skip : test
  const variables = (variant: Variant): object => ({
    ...Object.fromEntries(
      Object.entries(valuesOf(variant)).map(([name, value]) => [snakeCase(name), value ?? null]),
    ),
    create_oidc_provider: false,
  })

  testWithTerraform.each(VARIANTS)('makes the roles that policies/ says: $name', (variant) => {
    const made = evaluate(
      program,
      // The console reads a line.
      [
        '{ for key, role in local.roles : role.name => { trust = jsondecode(role.trust), permissions = merge(',
        '{ aurora-clone = jsondecode(local.documents[key]) },',
        '{ for other, text in local.preparations : "aurora-clone-prepare" => jsondecode(text) if other == key }',
        ') } }',
      ].join(' '),
      variables(variant),
    )
    expect(made).toEqual(rolesOf(variant))
  })

  testWithTerraform.each([
    ['source_cluster_arns', ['arn:aws:rds:eu-west-1:123456789012:cluster:*']],
    ['source_cluster_arns', []],
    ['workflow', 'any'],
    ['called_workflows', []],
    ['prefix', '*'],
    ['clone_key', 'pr-42'],
    ['clone_key', 'pr'],
    ['clone_key', '*'],
    ['kms_key_arns', ['*']],
    ['instance_classes', []],
  ])('refuses %s = %j', (name, value) => {
    const [variant] = VARIANTS
    expect(() =>
      evaluate(program, 'local.roles', { ...(variant && variables(variant)), [name]: value }),
    ).toThrow('Invalid value for variable')
  })

  const refused = { only_warm: true, clone_key: null }
  testWithTerraform.each([
    [false, refused],
    [true, { ...refused, only_warm: false }],
    [true, { ...refused, clone_key: 'nightly' }],
  ])('makes roles (%p) with %j', (isMade, given) => {
    const [variant] = VARIANTS
    expect(facts.preconditions).toHaveLength(1)
    expect(
      evaluate(program, facts.preconditions.join(), { ...(variant && variables(variant)), ...given }),
    ).toBe(isMade)
  })

  testWithTerraform('is formatted', () => {
    expect(execFileSync(program, ['fmt', '-check', '-diff', MODULE], { stdio: 'pipe' }).toString()).toBe('')
  })
})
