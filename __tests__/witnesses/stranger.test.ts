import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { PolicyDocument } from '../../policies/policy-document.ts'
import { EXAMPLE_SOURCE, actionStep, aTeam, outcomeOf } from '../scenarios/team.ts'
import { REPOSITORY_ID } from '../scenarios/world.ts'
import { type Moto, startMoto } from './moto.ts'
import { FIRST_USE_TIMEOUT_MS } from './python.ts'

// The way of the README: the stack, the workflow, the label. The roles are those that somebody else's CloudFormation made of the template.

let moto: Moto

beforeAll(async () => {
  moto = await startMoto()
}, FIRST_USE_TIMEOUT_MS)

afterAll(async () => {
  await moto.close()
})

interface Stack {
  readonly roles: Readonly<Record<string, { readonly permissions: Readonly<Record<string, PolicyDocument>> }>>
}

test('label, ready, push, close and sweep, with what the stack allows', async () => {
  const [stack] = await moto.client.run<readonly Stack[]>('stack_roles.py', {
    template: readFileSync(join(import.meta.dirname, '..', '..', 'infra', 'cloudformation.yml'), 'utf8'),
    parameters: [
      {
        Owner: 'acme',
        OwnerId: '17',
        Repository: 'shop',
        RepositoryId: String(REPOSITORY_ID),
        DefaultBranch: 'main',
        SourceClusterArns: `arn:aws:rds:eu-west-1:123456789012:cluster:${EXAMPLE_SOURCE}`,
        OidcProvider: 'create',
      },
    ],
  })
  const policies = ([, name = '']: RegExpExecArray | readonly string[]): readonly PolicyDocument[] =>
    Object.values(stack?.roles[name]?.permissions ?? {})
  const team = await aTeam({
    examples: ['pull-request.yml', 'sweep.yml'],
    roleNamed: (arn) => policies(/:role\/(.+)$/.exec(arn) ?? []),
  })
  const { world } = team
  const labelled = await team.play(world.labeled())
  expect(actionStep(labelled).outputs).toMatchObject({ outcome: 'ready', created: 'true' })
  expect(world.comment()).toContain('is ready')
  expect(outcomeOf(await team.play(world.synchronize()))).toBe('ready')
  expect(outcomeOf(await team.play(world.close()))).toBe('deleting')
  await team.anHourLater()
  expect(outcomeOf(await team.sweep())).toBe('swept')
  expect(world.clones()).toEqual([])
  // A role that the stack did not make may do nothing, so the others were those of the stack.
  const other = await aTeam({ roleNamed: () => policies(['', 'nobody']) })
  const refused = await other.play(other.world.labeled())
  expect(refused.conclusion).toBe('failure')
})
