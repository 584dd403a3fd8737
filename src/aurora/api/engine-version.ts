/**
 * The first version of each major from which Serverless v2 scales to zero (Aurora user guide, aurora-serverless-v2-auto-pause):
 * PostgreSQL 13.15, 14.12, 15.7, 16.3 and every later major; MySQL 3.08.0.
 */
const FIRST_PAUSING_POSTGRES_MINOR: Readonly<Record<number, number>> = { 13: 15, 14: 12, 15: 7, 16: 3 }
const FIRST_ALWAYS_PAUSING_POSTGRES = 17
const FIRST_PAUSING_MYSQL = { major: 3, minor: 8 }

/** Whether a Serverless v2 cluster of this engine version may have a minimum of 0 ACU. A version it cannot read may not. */
export function pausesAutomatically(engine: string, version: string): boolean {
  if (engine === 'aurora-postgresql') {
    const [major = Number.NaN, minor = Number.NaN] = version.split('.').map(Number)
    if (major >= FIRST_ALWAYS_PAUSING_POSTGRES) return true
    return minor >= (FIRST_PAUSING_POSTGRES_MINOR[major] ?? Number.POSITIVE_INFINITY)
  }
  if (engine === 'aurora-mysql') {
    // As in `8.0.mysql_aurora.3.08.0`.
    const match = /mysql_aurora\.(\d+)\.(\d+)/.exec(version)
    if (match === null) return false
    const [major, minor] = [Number(match[1]), Number(match[2])]
    return (
      major > FIRST_PAUSING_MYSQL.major ||
      (major === FIRST_PAUSING_MYSQL.major && minor >= FIRST_PAUSING_MYSQL.minor)
    )
  }
  return false
}
