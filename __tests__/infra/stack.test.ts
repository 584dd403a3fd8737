import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { OWN_REPOSITORY } from '../../policies/publisher.ts'
import { PARAMETERS, renderStack } from '../../infra/stack.ts'
import { PLACEHOLDERS, ROLES } from '../../policies/documents.ts'
import type { PolicyDocument } from '../../policies/policy-document.ts'
import { filled } from './filled.ts'
import { VARIANTS, parametersOf, rolesOf } from './variants.ts'

const template = renderStack()
const { Resources, Rules } = parse(template) as {
  readonly Resources: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly Rules: unknown
}

/** CloudFormation quotas: a template that is sent with the call, and not put into a bucket before. */
const MAX_TEMPLATE_BYTES = 51_200
/** IAM quotas, without white space: the inline policies of a role together, and its trust policy. */
const MAX_PERMISSIONS = 10_240
const MAX_TRUST = 2_048

test('the template in infra/ is the one that the data gives', () => {
  expect(readFileSync(join(import.meta.dirname, '..', '..', 'infra', 'cloudformation.yml'), 'utf8')).toBe(
    template,
  )
})

test('the template leaves no word of policies/ behind', () => {
  const words = new Set(template.match(/\b[A-Z]+(?:_[A-Z]+)*\b/g))
  expect(Object.keys(PLACEHOLDERS).filter((word) => words.has(word))).toEqual([])
})

test('the template needs no bucket', () => {
  expect(Buffer.byteLength(template)).toBeLessThan(MAX_TEMPLATE_BYTES)
})

const lengthOf = (policies: readonly PolicyDocument[]): number =>
  policies.map((policy) => JSON.stringify(policy)).join('').length

test.each(VARIANTS)('the roles fit: $name', (variant) => {
  for (const { trust, permissions } of Object.values(rolesOf(variant))) {
    expect(lengthOf(Object.values(permissions))).toBeLessThan(MAX_PERMISSIONS)
    expect(JSON.stringify(trust).length).toBeLessThan(MAX_TRUST)
  }
})

test.each(ROLES)(
  '$name has room for three sources with the longest names',
  ({ permissions, preparation }) => {
    const sources = ['1', '2', '3'].map((digit) => `${'a'.repeat(62)}${digit}`)
    const values = {
      ACCOUNT: '111122223333',
      CLONE_KEY: ['a-key-of-most-letters-24x'],
      KEY_ID: ['mrk-1234567890abcdef1234567890abcdef'],
      PREFIX: 'abcdefghijklmnop',
      REGION: 'ap-southeast-2',
      REPO_ID: '1234567890',
      SOURCE: sources,
    }
    const files = [permissions, ...(preparation === undefined ? [] : [preparation])]
    expect(lengthOf(files.map((file) => filled(file, values)))).toBeLessThan(MAX_PERMISSIONS)
  },
)

test('a provider outlives the stack that made it: other roles may need it', () => {
  expect(Resources['GitHub']).toMatchObject({
    Type: 'AWS::IAM::OIDCProvider',
    Condition: 'CreatesProvider',
    DeletionPolicy: 'RetainExceptOnCreate',
    UpdateReplacePolicy: 'Retain',
    Properties: { Url: { 'Fn::Sub': 'https://${Issuer}' }, ClientIdList: ['sts.amazonaws.com'] },
  })
})

// moto does not look at rules.
test('OnlyWarm needs a CloneKey: without, the role could clone nothing', () => {
  expect(Rules).toEqual({
    OnlyWarm: {
      RuleCondition: { 'Fn::Equals': [{ Ref: 'OnlyWarm' }, 'yes'] },
      Assertions: [
        {
          Assert: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'CloneKey' }, ''] }] },
          AssertDescription: 'OnlyWarm needs a CloneKey',
        },
      ],
    },
  })
})

describe('parameters', () => {
  const matches = (name: string, value: string): boolean => {
    const { AllowedPattern = '', AllowedValues = [value], MaxLength = Infinity } = PARAMETERS[name] ?? {}
    return (
      new RegExp(AllowedPattern).test(value) && AllowedValues.includes(value) && value.length <= MaxLength
    )
  }

  test.each(VARIANTS)('take the values of $name', (variant) => {
    for (const [name, value] of Object.entries(parametersOf(variant)))
      for (const item of value.split(','))
        expect([name, item, matches(name, item)]).toEqual([name, item, true])
  })

  test.each([
    ['Owner', 'acme/shop'],
    ['Repository', '*'],
    ['OwnerId', 'acme'],
    ['RepositoryId', '4711,17'],
    ['DefaultBranch', 'main*'],
    ['DefaultBranch', 'main","x'],
    ['DefaultBranch', '${aws:userid}'],
    ['SourceClusterArns', 'orders'],
    ['SourceClusterArns', 'arn:aws:rds:eu-west-1:123456789012:cluster:*'],
    ['SourceClusterArns', 'arn:aws:rds:eu-west-1:123456789012:db:orders'],
    ['SourceClusterArns', ''],
    ['CalledWorkflows', `${OWN_REPOSITORY}/.github/workflows/pr-database.yml`],
    ['CalledWorkflows', 'org/*/.github/workflows/pr-database.yml@refs/tags/v1'],
    ['CalledWorkflows', ''],
    ['Prefix', 'my-clone'],
    ['Prefix', '*'],
    ['Prefix', 'abcdefghijklmnopq'],
    ['CloneKey', 'pr'],
    ['CloneKey', 'pr-42'],
    ['CloneKey', '*'],
    ['CloneKey', 'a-key-of-more-than-24-letters'],
    ['OnlyWarm', 'true'],
    ['Preparation', ''],
    ['KmsKeyArns', 'arn:aws:kms:eu-west-1:123456789012:key/*'],
    ['KmsKeyArns', 'alias/orders'],
    ['InstanceClasses', 'db.*'],
    ['SubnetGroup', ''],
    ['Issuer', 'https://github.example.com/_services/token'],
    ['Issuer', '*'],
    ['RoleName', 'aurora/clone'],
  ])('%s is never %p', (name, value) => {
    expect(matches(name, value)).toBe(false)
  })

  test('defaults are taken', () => {
    for (const [name, { Default }] of Object.entries(PARAMETERS))
      if (Default !== undefined)
        for (const item of Default.split(',')) expect([name, matches(name, item)]).toEqual([name, true])
  })
})
