import * as rds from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import { judge } from '../../local/aurora/iam.ts'
import { isMutating } from '../../local/aurora/requests.ts'
import { IDENTITY_TAGS } from '../../policies/permissions.ts'
import type { PolicyDocument, Statement } from '../../policies/policy-document.ts'
import { ownershipTags } from '../../src/aurora/clone/tags.ts'
import { anIdentity } from '../factories.ts'
import { CASES, PREPARATIONS, type PolicyCase, ROLES, writesOutside } from './cases.ts'

/** Every operation of AWS's model that changes something, and the one permission that is none. */
const WRITING = [
  ...Object.keys(rds)
    .filter((name) => /^\w+Command$/.test(name) && name !== '$Command')
    .map((name) => name.replace(/Command$/, ''))
    .filter((operation) => isMutating(operation) && !operation.startsWith('Download')),
  'CrossRegionCommunication',
]
const DOCUMENTS = [
  ...Object.entries(ROLES),
  ...Object.entries(PREPARATIONS).map(([role, document]) => [`${role} with preparation`, document] as const),
]
const ALL = [...CASES, ...writesOutside(WRITING)]

const isAllowed = (policies: readonly PolicyDocument[], { permissions }: PolicyCase): boolean =>
  permissions.every((permission) => judge(policies, permission) === 'allowed')

describe('the roles', () => {
  test('are asked about every kind of call', () => {
    expect(WRITING.length).toBeGreaterThan(100)
    expect(CASES.filter((one) => one.isAllowed).length).toBeGreaterThan(100)
    expect(CASES.filter((one) => !one.isAllowed).length).toBeGreaterThan(1_000)
    expect(new Set(ALL.map(({ name }) => name)).size).toBe(ALL.length)
    for (const { permissions } of ALL) expect(permissions.length).toBeGreaterThan(0)
  })

  test.each(DOCUMENTS)('%s: allow what they are for, and nothing else', (_role, document) => {
    const mine = ALL.filter(({ policies }) => policies[0] === document)
    const wrong = mine.filter((one) => isAllowed(one.policies, one) !== one.isAllowed)
    expect(wrong.map(({ name }) => name)).toEqual([])
  })

  test.each(DOCUMENTS)('%s: hold nothing that makes no difference', (_role, document) => {
    const mine = ALL.filter(({ policies }) => policies[0] === document)
    const changes = (reduced: PolicyDocument): boolean =>
      mine.some((one) => isAllowed([reduced, ...one.policies.slice(1)], one) !== one.isAllowed)
    const idle = reductionsOf(document).filter(([, reduced]) => !changes(reduced))
    expect(idle.map(([what]) => what)).toEqual([])
  })

  test('know all tags of the identity', () => {
    expect(IDENTITY_TAGS).toEqual(Object.keys(ownershipTags(anIdentity(), 'clone-pr-42')))
  })
})

/** The policy without one of its statements, conditions or words. */
function reductionsOf(document: PolicyDocument): readonly (readonly [what: string, PolicyDocument])[] {
  return document.Statement.flatMap((statement, index) => {
    const instead = (...statements: readonly Statement[]): PolicyDocument => ({
      ...document,
      Statement: document.Statement.toSpliced(index, 1, ...statements),
    })
    const words = (['Action', 'NotAction', 'Resource', 'NotResource'] as const).flatMap((element) =>
      (statement[element] ?? []).map(
        (word) =>
          [
            `${statement.Sid} ${element} ${word}`,
            instead({ ...statement, [element]: statement[element]?.filter((other) => other !== word) }),
          ] as const,
      ),
    )
    const conditions = Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
      Object.keys(keys).map((key) => {
        const { [key]: _, ...others } = keys
        const reduced = { ...statement, Condition: { ...statement.Condition, [operator]: others } }
        return [`${statement.Sid} ${operator} ${key}`, instead(reduced)] as const
      }),
    )
    return [[statement.Sid, instead()] as const, ...words, ...conditions]
  })
}
