import { describe, expect, test } from '@jest/globals'
import { stackPolicy, stackPolicyIf, stackPolicyText } from '../../infra/stack-policy.ts'
import { CALLED, DOCUMENTS } from '../../policies/documents.ts'
import type { PolicyDocument, Statement } from '../../policies/policy-document.ts'

const policy = (...statements: readonly Partial<Statement>[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements.map((statement) => ({ Sid: 'One', Effect: 'Allow', ...statement })),
})
const one = (statement: Partial<Statement>, given: Parameters<typeof stackPolicy>[1] = []): unknown =>
  (stackPolicy(policy(statement), given) as { readonly Statement: readonly unknown[] }).Statement[0]
const resources = (...Resource: readonly string[]): unknown =>
  (one({ Resource }) as { readonly Resource: unknown }).Resource
const sub = (text: string): object => ({ 'Fn::Sub': text })
const list = (Ref: string): object => ({ 'Fn::Join': [',', { Ref }] })
const split = (...parts: readonly unknown[]): object => ({ 'Fn::Split': [',', { 'Fn::Join': [',', parts] }] })

const SOURCE = 'arn:aws:rds:REGION:ACCOUNT:cluster:SOURCE'
const KMS_KEY = 'arn:aws:kms:REGION:ACCOUNT:key/KEY_ID'
const NOTHING = { Ref: 'AWS::NoValue' }

describe('a list becomes', () => {
  test.each([
    ['texts', ['*'], ['*']],
    ['texts with words', ['db:PREFIX-pr-*', 'x'], [sub('db:${Prefix}-pr-*'), 'x']],
    ['a variable of IAM’s as it is', ['${aws:userid}'], ['${aws:userid}']],
    ['both in one text', ['REGION/${aws:userid}'], [sub('${AWS::Region}/${!aws:userid}')]],
    ['the group that a team wants', ['arn:subgrp:*'], [sub('arn:subgrp:${SubnetGroup}')]],
    ['the list of a parameter', [SOURCE], { Ref: 'SourceClusterArns' }],
    ['one list of two items', CALLED, { Ref: 'CalledWorkflows' }],
    ['a list in its place among texts', ['a', SOURCE, 'c'], split('a', list('SourceClusterArns'), 'c')],
    ['two lists', [SOURCE, 'db.serverless'], split(list('SourceClusterArns'), list('InstanceClasses'))],
    [
      'two, where an item is optional',
      ['a', 'CLONE_KEY-*'],
      { 'Fn::If': ['HasCloneKey', ['a', sub('${CloneKey}-*')], ['a']] },
    ],
    [
      'two, where an optional item stands beside a list',
      ['CLONE_KEY-*', SOURCE],
      {
        'Fn::If': [
          'HasCloneKey',
          split(sub('${CloneKey}-*'), list('SourceClusterArns')),
          { Ref: 'SourceClusterArns' },
        ],
      },
    ],
  ])('%s', (_, items, expected) => {
    expect(resources(...items)).toEqual(expected)
  })
})

describe('a statement', () => {
  test('goes with the only word that it is about', () => {
    expect(one({ Resource: [KMS_KEY] })).toEqual({
      'Fn::If': ['HasKmsKeys', { Sid: 'One', Effect: 'Allow', Resource: { Ref: 'KmsKeyArns' } }, NOTHING],
    })
  })

  test('goes with a list of its condition', () => {
    const Condition = { StringLike: { key: ['CLONE_KEY'] } }
    expect(one({ Resource: ['*', 'CLONE_KEY'], Condition })).toEqual({
      'Fn::If': [
        'HasCloneKey',
        {
          Sid: 'One',
          Effect: 'Allow',
          Resource: ['*', sub('${CloneKey}')],
          Condition: { StringLike: { key: [sub('${CloneKey}')] } },
        },
        NOTHING,
      ],
    })
  })

  test('stays where the word has a value anyway', () => {
    expect(one({ Resource: ['CLONE_KEY'] }, ['CLONE_KEY'])).toMatchObject({ Resource: [sub('${CloneKey}')] })
  })
})

describe('one of two policies', () => {
  const chosen = (met: PolicyDocument, otherwise: PolicyDocument): unknown =>
    stackPolicyIf({ condition: 'IsOnlyWarm', met, givenIfMet: ['CLONE_KEY'], otherwise })

  test('has what they share once, and chooses the rest', () => {
    const met = policy(
      { Sid: 'Shared', Action: ['a'], Resource: ['REGION'] },
      { Sid: 'Listed', Action: ['a'], Resource: ['CLONE_KEY-*'] },
      { Sid: 'Limited', Resource: ['CLONE_KEY-*'], Condition: { Null: { key: 'false' } } },
    )
    const otherwise = policy(
      { Sid: 'Shared', Action: ['a'], Resource: ['REGION'] },
      { Sid: 'Other', Resource: [SOURCE] },
      { Sid: 'Listed', Action: ['a'], Resource: [SOURCE] },
      { Sid: 'Limited', Resource: ['CLONE_KEY-*'] },
    )
    const ifWarm = (...branches: readonly unknown[]): object => ({ 'Fn::If': ['IsOnlyWarm', ...branches] })
    const sources = { Ref: 'SourceClusterArns' }
    const clones = [sub('${CloneKey}-*')]
    const limited = { Sid: 'Limited', Effect: 'Allow', Resource: clones }
    expect(chosen(met, otherwise)).toEqual({
      Version: '2012-10-17',
      Statement: [
        { Sid: 'Shared', Effect: 'Allow', Action: ['a'], Resource: [sub('${AWS::Region}')] },
        ifWarm(NOTHING, { Sid: 'Other', Effect: 'Allow', Resource: sources }),
        { Sid: 'Listed', Effect: 'Allow', Action: ['a'], Resource: ifWarm(clones, sources) },
        ifWarm(
          { ...limited, Condition: { Null: { key: 'false' } } },
          { 'Fn::If': ['HasCloneKey', limited, NOTHING] },
        ),
      ],
    })
  })

  test('never has functions with functions for names', () => {
    expect(chosen(policy({ Resource: ['REGION'] }), policy({ Resource: ['ACCOUNT'] }))).toMatchObject({
      Statement: [
        { Resource: { 'Fn::If': ['IsOnlyWarm', [sub('${AWS::Region}')], [sub('${AWS::AccountId}')]] } },
      ],
    })
    const text = (region: string): PolicyDocument => policy({ Condition: { StringLike: { key: region } } })
    expect(chosen(text('REGION'), text('ACCOUNT'))).toMatchObject({
      Statement: [
        {
          Condition: {
            StringLike: {
              key: { 'Fn::If': ['IsOnlyWarm', sub('${AWS::Region}'), sub('${AWS::AccountId}')] },
            },
          },
        },
      ],
    })
  })

  test('has no statement of the first one alone', () => {
    expect(() => chosen(policy({ Sid: 'New' }), policy({ Sid: 'Old' }))).toThrow(
      'Only one of the two policies has New.',
    )
  })
})

describe('what no template can say is refused', () => {
  test.each<[string, Partial<Statement>, string]>([
    [
      'a word of its own',
      { Resource: ['cluster:SOURCE-2'] },
      'No parameter stands for SOURCE in cluster:SOURCE-2.',
    ],
    [
      'an optional word outside of lists',
      { Condition: { StringLike: { key: 'CLONE_KEY' } } },
      'for CLONE_KEY in',
    ],
    [
      'a denial that would go',
      { Effect: 'Deny', NotResource: ['CLONE_KEY-*'] },
      'Without CLONE_KEY, One would deny nothing.',
    ],
    ['a word in a name', { Condition: { StringEquals: { 'ISSUER:sub': 'x' } } }, 'the name ISSUER:sub.'],
  ])('%s', (_, statement, message) => {
    expect(() => one(statement)).toThrow(message)
  })
})

test('a policy as a text has its words, too', () => {
  expect(stackPolicyText(policy({ Condition: { StringEquals: { 'ISSUER:sub': 'x' } } }))).toEqual(
    sub(
      '{"Version":"2012-10-17","Statement":[{"Sid":"One","Effect":"Allow","Condition":{"StringEquals":{"${Issuer}:sub":"x"}}}]}',
    ),
  )
})

test.each(Object.entries(DOCUMENTS))(
  'policies/%s has no comma where CloudFormation would split it',
  (_, document) => {
    const items = document.Statement.flatMap(({ Resource = [], NotResource = [] }) => [
      ...Resource,
      ...NotResource,
    ])
    expect(items.filter((item) => item.includes(','))).toEqual([])
  },
)
