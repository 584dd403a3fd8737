import { describe, expect, test } from '@jest/globals'
import {
  namedClonePermissions,
  namedClonePreparation,
  pullRequestPermissions,
  pullRequestPreparation,
  sweepPermissions,
} from '../../policies/permissions.ts'
import { calledTrust, directTrust, enterpriseTrust } from '../../policies/trust.ts'
import { VARIANTS, rolesOf, valuesOf } from './variants.ts'

/** Two ways to the same roles: the files, filled by their words, and the typed data, given the values at once. */
describe.each(VARIANTS)('$name', (variant) => {
  const values = valuesOf(variant)
  const roles = rolesOf(variant)
  const account = { region: 'eu-west-1', accountId: '123456789012', prefix: values.Prefix }
  const creating = {
    ...account,
    repositoryId: values.RepositoryId,
    sources: ['orders', 'users-2'],
    sourceKeys: [],
    instanceClasses: values.InstanceClasses,
    kmsKeyIds: variant.kmsKeys,
  }
  const keys = variant.cloneKey === undefined ? [] : [variant.cloneKey]
  /** The subnet group has no place in the data: everybody else may use any. */
  const anyGroup = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value).replaceAll(':subgrp:private"', ':subgrp:*"'))

  test('has the permissions that the data gives', () => {
    const { preparation, onlyWarm } = variant
    const sources = onlyWarm ? { sources: [], onlyClean: true } : {}
    expect(anyGroup(roles['clones']?.permissions)).toEqual({
      'aurora-clone': pullRequestPermissions({ ...creating, ...sources, sourceKeys: keys }),
      ...(preparation ? { 'aurora-clone-prepare': pullRequestPreparation(creating) } : {}),
    })
    expect(roles['clones-sweep']?.permissions).toEqual({
      'aurora-clone': sweepPermissions({ ...account, repositoryId: '4711', keys: ['pr-*', ...keys] }),
    })
    expect(Object.keys(roles)).toHaveLength(2 + keys.length)
    for (const cloneKey of keys)
      expect(anyGroup(roles[`clones-${cloneKey}`]?.permissions)).toEqual({
        'aurora-clone': namedClonePermissions({ ...creating, cloneKey }),
        ...(preparation ? { 'aurora-clone-prepare': namedClonePreparation({ ...creating, cloneKey }) } : {}),
      })
  })

  test('trusts whom the data trusts', () => {
    const repository = {
      accountId: account.accountId,
      owner: values.Owner,
      ownerId: values.OwnerId,
      repository: values.Repository,
      repositoryId: values.RepositoryId,
      defaultBranch: values.DefaultBranch,
    }
    const policies = {
      called: calledTrust(repository, values.CalledWorkflows),
      direct: directTrust(repository),
      enterprise: enterpriseTrust({ ...repository, issuer: values.Issuer }),
    }
    expect(roles['clones']?.trust).toEqual(policies[variant.trust])
  })
})
