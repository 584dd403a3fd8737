import { invalidCombination, invalidValue } from './aws-fault.ts'
import { engineNamed } from './engines.ts'

// Single settings of a cluster, each with its range; the same for every call that sets them. [aurora §1.1]

interface Range {
  readonly parameter: string
  readonly min: number
  readonly max: number
}

function within({ parameter, min, max }: Range, value: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw invalidValue(`Invalid value ${value} for ${parameter}. Must be between ${min} and ${max}.`)
  }
  return value
}

export const port = (engine: string, requested: number | undefined): number =>
  within({ parameter: 'Port', min: 1150, max: 65_535 }, requested ?? engineNamed(engine)?.port ?? 3306)

export const backupRetentionPeriod = (days = 1): number =>
  within({ parameter: 'BackupRetentionPeriod', min: 1, max: 35 }, days)

/** The words of AWS: hashicorp/terraform-provider-aws#4640. [aurora §8] */
export function backtrackWindow(engine: string, seconds = 0): number {
  within({ parameter: 'BacktrackWindow', min: 0, max: 259_200 }, seconds)
  if (seconds > 0 && engine !== 'aurora-mysql') {
    throw invalidValue(`Backtrack is not enabled for the ${engine} engine.`)
  }
  return seconds
}

export function storageType(type = 'aurora'): string {
  if (!['aurora', 'aurora-iopt1'].includes(type)) throw invalidValue(`Invalid storage type: ${type}`)
  return type
}

export function engineLifecycleSupport(support = 'open-source-rds-extended-support'): string {
  if (!['open-source-rds-extended-support', 'open-source-rds-extended-support-disabled'].includes(support)) {
    throw invalidValue(`Invalid engine lifecycle support: ${support}`)
  }
  return support
}

export function logExports(engine: string, types: readonly string[] = []): readonly string[] {
  const known = engineNamed(engine)?.logTypes ?? []
  const unknown = types.filter((type) => !known.includes(type))
  if (unknown.length > 0) {
    throw invalidCombination(
      `You cannot use the log types '${unknown.join(', ')}' with engine version ${engine}.`,
    )
  }
  return [...types]
}

/** Printable ASCII without `/ ' " @` and space: 8–41 characters for MySQL, 8–99 for PostgreSQL. [aurora §3] */
export function checkMasterUserPassword(engine: string, password: string): void {
  const max = engine === 'aurora-postgresql' ? 99 : 41
  if (password.length < 8 || password.length > max) {
    throw invalidValue(
      `The parameter MasterUserPassword is not a valid password because it is not between 8 and ${max} characters long.`,
    )
  }
  if (!/^[!-~]+$/.test(password) || /[/'"@]/.test(password)) {
    throw invalidValue(
      'The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides ' +
        `'/', '@', '"', ''', ' ' may be used.`,
    )
  }
}
