import type { Fault, Finding, Role } from './script.ts'

/** One request with its answer. */
export interface Exchange {
  readonly step: string
  readonly at: string
  readonly tookMs: number
  readonly role: Role
  readonly operation: string
  readonly request: object
  readonly answer?: object
  readonly fault?: Fault
}

export interface StepReport {
  readonly number: number
  readonly name: string
  readonly result: 'played' | 'left out' | 'failed'
  /** Why it was left out, or failed. */
  readonly because?: string
  readonly findings: readonly Finding[]
}

export interface Report {
  readonly startedAt: string
  readonly region: string
  readonly steps: readonly StepReport[]
  readonly exchanges: readonly Exchange[]
}

const PASSWORD = /password$/i

/** Without the number of the account, and without what a password is called by. Everything else is told. Pure. */
export function masked(value: unknown, accountId: string): unknown {
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'string') return value.replaceAll(accountId, '<account>')
  if (Array.isArray(value)) return value.map((item) => masked(item, accountId))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== '$metadata')
      .map(([name, member]) => [
        name,
        PASSWORD.test(name) && typeof member === 'string' ? '<password>' : masked(member, accountId),
      ]),
  )
}
