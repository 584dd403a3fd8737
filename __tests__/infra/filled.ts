import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PolicyDocument } from '../../policies/policy-document.ts'

const POLICIES = join(import.meta.dirname, '..', '..', 'policies')
const WORD = /\b[A-Z]+(?:_[A-Z]+)*\b|subgrp:\*|db\.serverless/g

/** What somebody writes in the place of a word. Of several values each gets a copy of the item, of none the item goes. */
export type Values = Readonly<Record<string, string | readonly string[]>>

/** A file of policies/, filled as docs/role-by-hand.md says. It knows neither the template nor what made the file. */
export function filled(name: string, values: Values): PolicyDocument {
  const document = JSON.parse(readFileSync(join(POLICIES, name), 'utf8')) as PolicyDocument
  const statements = document.Statement.map((statement) => fill(statement, values))
  return {
    ...document,
    Statement: statements.filter((statement) => !hasEmptyList(statement)),
  } as PolicyDocument
}

function fill(value: unknown, values: Values): unknown {
  if (Array.isArray(value)) return value.flatMap((item: string) => fillText(item, values))
  if (typeof value === 'string') return fillText(value, values)[0]
  return Object.fromEntries(
    Object.entries(value as object).map(([name, member]) => [
      fillText(name, values)[0] ?? name,
      fill(member, values),
    ]),
  )
}

function fillText(text: string, values: Values): readonly string[] {
  const several = text.match(WORD)?.find((word) => Array.isArray(values[word])) ?? ''
  const choices = [values[several] ?? []].flat().map((value) => ({ ...values, [several]: value }))
  return (several === '' ? [values] : choices).map((chosen) =>
    text.replaceAll(WORD, (word) => String(chosen[word] ?? word)),
  )
}

function hasEmptyList(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && value !== null && Object.values(value).some(hasEmptyList)
}
