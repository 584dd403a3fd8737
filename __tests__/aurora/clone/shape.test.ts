import { describe, expect, test } from '@jest/globals'
import { type CloneShape, isOfOtherShape, shapeDigest } from '../../../src/aurora/clone/shape.ts'
import { aShape } from '../../factories.ts'

describe('the digest of a shape', () => {
  test.each<[string, Partial<CloneShape>]>([
    ['kind of class', { instanceClass: 'db.r7g.large' }],
    ['minimum', { minAcu: 1 }],
    ['maximum', { maxAcu: 1 }],
    ['pause', { autoPauseAfterSeconds: 600 }],
    ['subnet group', { subnetGroup: 'mine' }],
    ['security group', { securityGroupIds: ['sg-1'] }],
    ['cluster parameter group', { clusterParameterGroup: 'mine' }],
    ['KMS key', { kmsKeyId: 'mine' }],
    ['IAM authentication', { iamAuthentication: false }],
    ['backtrack window', { backtrackWindowSeconds: 3_600 }],
    ['time', { restoreToTime: new Date('2026-11-21T06:00:00Z') }],
  ])('tells another %s', (_, other) => {
    expect(shapeDigest(aShape(other))).not.toBe(shapeDigest(aShape()))
  })

  test('tells a minimum from a maximum', () => {
    expect(shapeDigest(aShape({ minAcu: 2 }))).not.toBe(shapeDigest(aShape({ maxAcu: 2 })))
  })

  test('is the same for the same inputs, whatever their order', () => {
    const { subnetGroup, kmsKeyId, ...rest } = aShape({ subnetGroup: 'mine', kmsKeyId: 'mine' })
    expect(shapeDigest({ kmsKeyId, ...rest, subnetGroup })).toBe(
      shapeDigest({ subnetGroup, kmsKeyId, ...rest }),
    )
  })

  test.each<[string, Partial<CloneShape>, Partial<CloneShape>]>([
    ['tags', {}, { tags: { Team: 'payments' } }],
    ['parameter group', {}, { parameterGroup: 'mine' }],
    ['provisioned class', { instanceClass: 'db.r7g.large' }, { instanceClass: 'db.r8g.large', minAcu: 1 }],
  ])('does not tell another %s: the writer of the run that makes it has it', (_, one, other) => {
    expect(shapeDigest(aShape(one))).toBe(shapeDigest(aShape(other)))
  })

  test('is what sha256sum gives: clones that exist are compared with it', () => {
    expect(shapeDigest(aShape())).toBe('a5b3ae7f')
    expect(shapeDigest(aShape({ minAcu: 1, maxAcu: 2 }))).toBe('52abdb3c')
  })
})

describe('isOfOtherShape', () => {
  test.each([
    ['the same inputs', shapeDigest(aShape()), false],
    ['others', shapeDigest(aShape({ minAcu: 1 })), true],
    ['inputs that no tag tells', undefined, false],
  ])('a clone that was ordered with %s', (_, shape, expected) => {
    expect(isOfOtherShape({ shape }, aShape())).toBe(expected)
  })
})
