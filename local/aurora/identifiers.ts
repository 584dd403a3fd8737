import { createHash } from 'node:crypto'
import { invalidValue } from './aws-fault.ts'

/** 1–63 letters, digits, hyphens; first a letter; no hyphen at the end, no two together. [aurora §3] */
export function parseIdentifier(parameter: string, value: string): string {
  if (value.length > 63) throw invalidValue(`The parameter ${parameter} must be at most 63 characters long.`)
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/i.test(value)) {
    throw invalidValue(
      `The parameter ${parameter} is not a valid identifier. Identifiers must begin with a letter; must contain only ` +
        'ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.',
    )
  }
  return value.toLowerCase()
}

export type ArnKind =
  'cluster' | 'cluster-auto-backup' | 'cluster-pg' | 'cluster-snapshot' | 'db' | 'og' | 'pg' | 'subgrp'

export interface Arn {
  readonly region: string
  readonly accountId: string
  readonly kind: string
  readonly name: string
}

/** [aurora §11.2] */
export const arnOf = (arn: Arn & { readonly kind: ArnKind }): string =>
  `arn:aws:rds:${arn.region}:${arn.accountId}:${arn.kind}:${arn.name}`

export function parseArn(text: string): Arn | undefined {
  const parts = /^arn:aws[a-z-]*:rds:([a-z0-9-]+):(\d{12}):([a-z-]+):(.+)$/.exec(text)
  if (parts === null) return undefined
  const [, region = '', accountId = '', kind = '', name = ''] = parts
  return { region, accountId, kind, name }
}

/** The identifier out of what may be an identifier or an ARN. */
export const nameOf = (identifierOrArn: string): string =>
  (parseArn(identifierOrArn)?.name ?? identifierOrArn).toLowerCase()

/** A UUID; the same in every run. */
export function uuid(seed: string): string {
  const digest = createHash('sha256').update(seed).digest('hex')
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    digest.slice(12, 16),
    digest.slice(16, 20),
    digest.slice(20, 32),
  ].join('-')
}

/** `cluster-ABC…` or `db-ABC…`: unique, and the same in every run. */
export function resourceId(kind: 'cluster' | 'db', seed: string): string {
  const digest = createHash('sha256').update(`${kind}/${seed}`).digest()
  return `${kind}-${Array.from(digest.subarray(0, 26), (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(byte % 32)).join('')}`
}
