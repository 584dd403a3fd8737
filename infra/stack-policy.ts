import { CALLED, PLACEHOLDERS } from '../policies/documents.ts'
import type { PolicyDocument, Statement } from '../policies/policy-document.ts'

/**
 * A policy as a CloudFormation template has it. Nothing here knows its statements: the words of policies/ become references to
 * parameters, whatever statement they stand in. What no parameter stands for is refused.
 */

/** Placeholders, and the one wildcard that a team may narrow. */
const WORDS: Readonly<Record<string, string>> = {
  ACCOUNT: '${AWS::AccountId}',
  BRANCH: '${DefaultBranch}',
  CLONE_KEY: '${CloneKey}',
  ISSUER: '${Issuer}',
  ORG: '${Owner}',
  ORG_ID: '${OwnerId}',
  PREFIX: '${Prefix}',
  REGION: '${AWS::Region}',
  REPO: '${Repository}',
  REPO_ID: '${RepositoryId}',
  ':subgrp:*': ':subgrp:${SubnetGroup}',
}
const WORD = /\b[A-Z]+(?:_[A-Z]+)*\b|:subgrp:\*$/g

/** Items that stand for all that a parameter lists. */
const LISTS: Readonly<Record<string, string>> = {
  'arn:aws:rds:REGION:ACCOUNT:cluster:SOURCE': 'SourceClusterArns',
  'arn:aws:kms:REGION:ACCOUNT:key/KEY_ID': 'KmsKeyArns',
  'db.serverless': 'InstanceClasses',
  ...Object.fromEntries(CALLED.map((workflow) => [workflow, 'CalledWorkflows'])),
}

/** Words that some teams have no value for, and the condition that tells. */
const OPTIONAL = { CLONE_KEY: 'HasCloneKey', KEY_ID: 'HasKmsKeys' } as const
export type OptionalWord = keyof typeof OPTIONAL
const OPTIONAL_WORDS = Object.keys(OPTIONAL) as readonly OptionalWord[]

const NOTHING = { Ref: 'AWS::NoValue' }

type Text = string | { readonly 'Fn::Sub': string }

/** @param given words that have a value wherever this policy is used */
export function stackPolicy(
  { Version, Statement }: PolicyDocument,
  given: readonly OptionalWord[] = [],
): object {
  return { Version, Statement: Statement.map((statement) => stackStatement(statement, optionalBut(given))) }
}

interface Choice {
  readonly condition: string
  /** What it has of `otherwise`, perhaps with other values, and nothing else. */
  readonly met: PolicyDocument
  /** Words that have a value wherever the condition is met. */
  readonly givenIfMet: readonly OptionalWord[]
  readonly otherwise: PolicyDocument
}

/** One of two policies. What they share stands there once: a template may have 51,200 bytes only. */
export function stackPolicyIf({ condition, met, givenIfMet, otherwise }: Choice): object {
  const known = otherwise.Statement.map(({ Sid }) => Sid)
  const unknown = met.Statement.find(({ Sid }) => !known.includes(Sid))
  if (unknown !== undefined) throw new Error(`Only one of the two policies has ${unknown.Sid}.`)
  const Statement = otherwise.Statement.map((statement) => {
    const same = met.Statement.find(({ Sid }) => Sid === statement.Sid)
    return chosen(condition, {
      met: same === undefined ? NOTHING : stackStatement(same, optionalBut(givenIfMet)),
      otherwise: stackStatement(statement, OPTIONAL_WORDS),
    })
  })
  return { Version: otherwise.Version, Statement }
}

/** As a text: CloudFormation takes no function for the name of a condition key, and an enterprise's issuer is part of some. */
export function stackPolicyText(document: PolicyDocument): Text {
  return substitute(JSON.stringify(document))
}

function chosen(condition: string, { met, otherwise }: Branches): unknown {
  if (JSON.stringify(met) === JSON.stringify(otherwise)) return otherwise
  if (!isRecord(met) || !isRecord(otherwise) || Object.keys(met).join() !== Object.keys(otherwise).join())
    return { 'Fn::If': [condition, met, otherwise] }
  return Object.fromEntries(
    Object.entries(otherwise).map(([name, value]) => [
      name,
      chosen(condition, { met: met[name], otherwise: value }),
    ]),
  )
}

/** A statement goes where one of its lists would be empty: IAM takes none such. */
function stackStatement(statement: Statement, optional: readonly OptionalWord[]): unknown {
  const needed = optional.find((word) =>
    listsIn(statement).some((list) => list.every((item) => hasWord(item, word))),
  )
  if (needed === undefined) return valueOf(statement, optional)
  if (statement.Effect === 'Deny') throw new Error(`Without ${needed}, ${statement.Sid} would deny nothing.`)
  return onlyWith(needed, {
    met: valueOf(statement, without(optional, needed)),
    otherwise: NOTHING,
  })
}

function valueOf(value: unknown, optional: readonly OptionalWord[]): unknown {
  if (typeof value === 'string') {
    const word = optional.find((name) => hasWord(value, name))
    if (word !== undefined) throw new Error(`Some teams have no value for ${word} in ${value}.`)
    return substitute(value)
  }
  if (isTexts(value)) return listOf(value, optional)
  return Object.fromEntries(
    Object.entries(value as object).map(([name, member]) => {
      if (substitute(name) !== name) throw new Error(`CloudFormation takes no function for the name ${name}.`)
      return [name, valueOf(member, optional)]
    }),
  )
}

function listOf(items: readonly string[], optional: readonly OptionalWord[]): object {
  const word = optional.find((name) => items.some((item) => hasWord(item, name)))
  if (word === undefined) return joined(items)
  const others = without(optional, word)
  return onlyWith(word, {
    met: listOf(items, others),
    otherwise: listOf(
      items.filter((item) => !hasWord(item, word)),
      others,
    ),
  })
}

/** CloudFormation puts texts together, but not lists. */
function joined(items: readonly string[]): object {
  const parts = [...new Set(items.map((item) => LISTS[item] ?? item))]
  const lists = parts.filter((part) => Object.values(LISTS).includes(part))
  if (lists.length === 0) return parts.map(substitute)
  if (parts.length === 1) return { Ref: parts[0] }
  const texts = parts.map((part) =>
    lists.includes(part) ? { 'Fn::Join': [',', { Ref: part }] } : substitute(part),
  )
  return { 'Fn::Split': [',', { 'Fn::Join': [',', texts] }] }
}

interface Branches {
  readonly met: unknown
  readonly otherwise: unknown
}

function onlyWith(word: OptionalWord, { met, otherwise }: Branches): object {
  return { 'Fn::If': [OPTIONAL[word], met, otherwise] }
}

/** A text with its words filled in. One without any stays as it is, IAM's own variables included. */
function substitute(text: string): Text {
  const words = text.match(WORD) ?? []
  const unknown = words.find((word) => word in PLACEHOLDERS && !(word in WORDS))
  if (unknown !== undefined) throw new Error(`No parameter stands for ${unknown} in ${text}.`)
  if (!words.some((word) => word in WORDS)) return text
  return { 'Fn::Sub': text.replaceAll('${', '${!').replaceAll(WORD, (word) => WORDS[word] ?? word) }
}

function optionalBut(given: readonly OptionalWord[]): readonly OptionalWord[] {
  return OPTIONAL_WORDS.filter((word) => !given.includes(word))
}

function without(words: readonly OptionalWord[], word: OptionalWord): readonly OptionalWord[] {
  return words.filter((other) => other !== word)
}

function hasWord(text: string, word: string): boolean {
  return new RegExp(`\\b${word}\\b`).test(text)
}

function listsIn(value: unknown): readonly (readonly string[])[] {
  if (isTexts(value)) return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(listsIn) : []
}

/** An object of a policy: a function of CloudFormation is a value. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return !Object.keys(value).some((name) => name === 'Ref' || name.startsWith('Fn::'))
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
