import { describe, expect, test } from '@jest/globals'
import { judge } from '../../local/aurora/iam.ts'
import type { PolicyDocument } from '../../policies/policy-document.ts'
import { POLICIES, TRUST_CASES } from './trust-cases.ts'

describe('who may assume the roles', () => {
  test.each(TRUST_CASES.map((one) => [one.name, one] as const))(
    '%s',
    (_name, { policy, request, isAllowed }) => {
      expect(judge([policy], request)).toBe(isAllowed ? 'allowed' : 'implicit-deny')
    },
  )

  test('every policy takes something', () => {
    const taking = new Set(TRUST_CASES.filter(({ isAllowed }) => isAllowed).map(({ policy }) => policy))
    expect(taking.size).toBe(Object.keys(POLICIES).length)
  })

  test.each(Object.entries(POLICIES))(
    '%s: no claim is asked for in vain',
    (_name, policy: PolicyDocument) => {
      const [statement] = policy.Statement
      const claims = statement?.Condition?.['StringEquals'] ?? {}
      const idle = Object.keys(claims).filter((claim) => {
        const { [claim]: _, ...others } = claims
        const weaker = { ...policy, Statement: [{ ...statement, Condition: { StringEquals: others } }] }
        return TRUST_CASES.every(
          (one) =>
            one.policy !== policy ||
            (judge([weaker as PolicyDocument], one.request) === 'allowed') === one.isAllowed,
        )
      })
      expect(idle).toEqual([])
    },
  )
})
