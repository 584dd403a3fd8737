import { describe, expect, test } from '@jest/globals'
import { type AccessRequest, type PolicyDocument, type Verdict, judge } from '../../../local/aurora/iam.ts'

type Statement = PolicyDocument['Statement'][number]

const CLUSTER = 'arn:aws:rds:eu-west-1:123456789012:cluster:clone-pr-1'
const policy = (...statements: readonly Statement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
})
const allow = (statement: Omit<Statement, 'Effect'> = {}): Statement => ({
  Effect: 'Allow',
  ...(statement.NotAction === undefined ? { Action: 'rds:*' } : {}),
  ...(statement.NotResource === undefined ? { Resource: '*' } : {}),
  ...statement,
})
const request = (parts: Partial<AccessRequest> = {}): AccessRequest => ({
  action: 'rds:DeleteDBCluster',
  resource: CLUSTER,
  context: {},
  ...parts,
})
const verdict = (statement: Statement, parts: Partial<AccessRequest> = {}): Verdict =>
  judge([policy(statement)], request(parts))

describe('a verdict', () => {
  test('is no without a statement that allows', () => {
    expect(judge([], request())).toBe('implicit-deny')
    expect(verdict(allow({ Action: 'rds:StartDBCluster' }))).toBe('implicit-deny')
  })

  test('is yes by one of several policies', () => {
    expect(judge([policy(), policy(allow())], request())).toBe('allowed')
  })

  test('is no where anything denies, whatever allows', () => {
    const denied: Statement = { Effect: 'Deny', Action: 'rds:Delete*', Resource: CLUSTER }
    expect(judge([policy(allow()), policy(denied)], request())).toBe('explicit-deny')
    expect(judge([policy(denied)], request())).toBe('explicit-deny')
    expect(judge([policy(allow(), denied)], request({ action: 'rds:StartDBCluster' }))).toBe('allowed')
  })
})

describe('what a statement is about', () => {
  test.each<readonly [string, Omit<Statement, 'Effect'>, boolean]>([
    ['an action', { Action: 'rds:DeleteDBCluster' }, true],
    ['an action in other letters', { Action: 'RDS:deletedbcluster' }, true],
    ['one of several actions', { Action: ['rds:StartDBCluster', 'rds:DeleteDB*'] }, true],
    ['a longer action', { Action: 'rds:DeleteDBCluster?*' }, false],
    ['all but others', { NotAction: ['rds:Describe*'] }, true],
    ['all but this one', { NotAction: ['rds:Delete*'] }, false],
    ['a resource', { Resource: CLUSTER }, true],
    ['a pattern of resources', { Resource: 'arn:aws:rds:*:123456789012:cluster:clone-??-*' }, true],
    ['a resource in other letters', { Resource: CLUSTER.toUpperCase() }, false],
    ['a resource with a dot for any letter', { Resource: CLUSTER.replaceAll('-', '.') }, false],
    ['all but other resources', { NotResource: ['arn:aws:rds:eu-west-1:123456789012:cluster:orders'] }, true],
    ['all but this resource', { NotResource: ['arn:aws:rds:eu-west-1:123456789012:cluster:clone-*'] }, false],
  ])('%s', (_what, statement, isAllowed) => {
    expect(verdict(allow(statement))).toBe(isAllowed ? 'allowed' : 'implicit-deny')
  })
})

describe('conditions', () => {
  const tag = 'aws:ResourceTag/aurora-clone:key'
  const asked = 'aws:RequestTag/aurora-clone:key'

  test.each<readonly [string, NonNullable<Statement['Condition']>, AccessRequest['context'], boolean]>([
    ['equal', { StringEquals: { [tag]: 'pr-1' } }, { [tag]: 'pr-1' }, true],
    ['one of several', { StringEquals: { [tag]: ['pr-1', 'pr-2'] } }, { [tag]: 'pr-2' }, true],
    ['not equal', { StringEquals: { [tag]: 'pr-1' } }, { [tag]: 'pr-10' }, false],
    ['equal but for the case', { StringEquals: { [tag]: 'pr-1' } }, { [tag]: 'PR-1' }, false],
    ['the key in other letters', { StringEquals: { [tag]: 'pr-1' } }, { [tag.toUpperCase()]: 'pr-1' }, true],
    ['not there', { StringEquals: { [tag]: 'pr-1' } }, {}, false],
    ['not there, if it exists', { StringEqualsIfExists: { [tag]: 'pr-1' } }, {}, true],
    ['not equal, if it exists', { StringEqualsIfExists: { [tag]: 'pr-1' } }, { [tag]: 'pr-2' }, false],
    ['like', { StringLike: { [tag]: 'pr-*' } }, { [tag]: 'pr-1' }, true],
    ['not like', { StringLike: { [tag]: 'pr-*' } }, { [tag]: 'nightly-pr-1' }, false],
    ['not there, like anything', { StringLike: { [tag]: '*' } }, {}, false],
    ['a pattern is no pattern for equals', { StringEquals: { [tag]: 'pr-*' } }, { [tag]: 'pr-1' }, false],
    ['a variable', { StringEquals: { [tag]: `\${${asked}}` } }, { [tag]: 'pr-1', [asked]: 'pr-1' }, true],
    [
      'a variable that differs',
      { StringEquals: { [tag]: `\${${asked}}` } },
      { [tag]: 'pr-1', [asked]: '*' },
      false,
    ],
    ['a variable without a value', { StringEquals: { [tag]: `\${${asked}}` } }, { [tag]: 'pr-1' }, false],
    ['neither, if it exists', { StringEqualsIfExists: { [tag]: `\${${asked}}` } }, {}, true],
    ['false', { Bool: { 'rds:PubliclyAccessible': 'false' } }, { 'rds:PubliclyAccessible': 'false' }, true],
    ['true', { Bool: { 'rds:PubliclyAccessible': 'false' } }, { 'rds:PubliclyAccessible': 'true' }, false],
    ['neither true nor false', { Bool: { 'rds:PubliclyAccessible': 'false' } }, {}, false],
    ['null', { Null: { [tag]: 'true' } }, {}, true],
    ['null, but there', { Null: { [tag]: 'true' } }, { [tag]: 'pr-1' }, false],
    ['there', { Null: { [tag]: 'false' } }, { [tag]: 'pr-1' }, true],
    ['all', { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } }, { 'aws:TagKeys': ['a'] }, true],
    [
      'not all',
      { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } },
      { 'aws:TagKeys': ['a', 'b'] },
      false,
    ],
    ['all of none', { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } }, {}, true],
    [
      'two, of which one fails',
      { StringEquals: { [tag]: 'pr-1', [asked]: 'pr-1' } },
      { [tag]: 'pr-1' },
      false,
    ],
    [
      'two operators',
      { StringEquals: { [tag]: 'pr-1' }, Null: { [asked]: 'true' } },
      { [tag]: 'pr-1' },
      true,
    ],
  ])('%s', (_what, Condition, context, isAllowed) => {
    expect(verdict(allow({ Condition }), { context })).toBe(isAllowed ? 'allowed' : 'implicit-deny')
  })
})

describe('a trust policy', () => {
  const provider = 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com'
  const trust: Statement = { Effect: 'Allow', Principal: { Federated: provider }, Action: 'sts:*' }

  test('is for one provider', () => {
    const parts = { action: 'sts:AssumeRoleWithWebIdentity' }
    expect(verdict(trust, { ...parts, principal: provider })).toBe('allowed')
    expect(verdict(trust, { ...parts, principal: `${provider}.example` })).toBe('implicit-deny')
    expect(verdict(trust, parts)).toBe('implicit-deny')
  })
})

describe('what is not known is an error', () => {
  test.each<readonly [string, () => PolicyDocument, string]>([
    ['version', () => ({ Version: '2008-10-17', Statement: [allow()] }), '2008-10-17'],
    ['effect', () => policy({ ...allow(), Effect: 'Perhaps' }), 'Perhaps'],
    ['element', () => policy({ ...allow(), ...{ NotPrincipal: '*' } }), 'NotPrincipal'],
    ['operator', () => policy(allow({ Condition: { ArnLike: { a: 'b' } } })), 'ArnLike'],
    [
      'default of a variable',
      () => policy(allow({ Condition: { StringEquals: { a: "${b:c, 'd'}" } } })),
      "${b:c, 'd'}",
    ],
    [
      'variable within a text',
      () => policy(allow({ Condition: { StringEquals: { a: 'x${b:c}' } } })),
      'x${b:c}',
    ],
    ['variable in a pattern', () => policy(allow({ Condition: { StringLike: { a: '${b:c}' } } })), '${b:c}'],
    ['action that is not said', () => policy({ Effect: 'Allow', Resource: '*' }), 'either'],
    ['action said twice', () => policy({ ...allow(), NotAction: 'rds:Stop*' }), 'either'],
  ])('%s', (_what, document, word) => {
    expect(() => judge([document()], request({ context: { a: 'b' } }))).toThrow(word)
  })
})
