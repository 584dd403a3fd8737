/**
 * The first version of each major from which Serverless v2 scales to zero (Aurora user guide, aurora-serverless-v2-auto-pause):
 * PostgreSQL 13.15, 14.12, 15.7, 16.3 and every later major; MySQL 3.08.0.
 */
const FIRST_PAUSING_POSTGRES_MINOR: Readonly<Record<number, number>> = { 13: 15, 14: 12, 15: 7, 16: 3 }
const FIRST_ALWAYS_PAUSING_POSTGRES = 17
const FIRST_PAUSING_MYSQL = { major: 3, minor: 8 }

/**
 * The first version of each major with the RDS Data API (Aurora user guide, Concepts.Aurora_Fea_Regions_DB-eng.Feature.Data_API):
 * PostgreSQL 13.11, 14.8, 15.3, 16.1, 17.4 and every later major; MySQL 3.07.
 */
const FIRST_DATA_API_POSTGRES_MINOR: Readonly<Record<number, number>> = { 13: 11, 14: 8, 15: 3, 16: 1, 17: 4 }
const LAST_LISTED_POSTGRES = 17
const FIRST_DATA_API_MYSQL = { major: 3, minor: 7 }

/** Whether clusters of this engine version have the RDS Data API. A version it cannot read has not. */
export function offersDataApi(engine: string, version: string): boolean {
  if (engine === 'aurora-postgresql') {
    const [major = Number.NaN, minor = Number.NaN] = version.split('.').map(Number)
    return (
      major > LAST_LISTED_POSTGRES ||
      minor >= (FIRST_DATA_API_POSTGRES_MINOR[major] ?? Number.POSITIVE_INFINITY)
    )
  }
  return engine === 'aurora-mysql' && isMysqlFrom(version, FIRST_DATA_API_MYSQL)
}

/** Whether a Serverless v2 cluster of this engine version may have a minimum of 0 ACU. A version it cannot read may not. */
export function pausesAutomatically(engine: string, version: string): boolean {
  if (engine === 'aurora-postgresql') {
    const [major = Number.NaN, minor = Number.NaN] = version.split('.').map(Number)
    if (major >= FIRST_ALWAYS_PAUSING_POSTGRES) return true
    return minor >= (FIRST_PAUSING_POSTGRES_MINOR[major] ?? Number.POSITIVE_INFINITY)
  }
  return engine === 'aurora-mysql' && isMysqlFrom(version, FIRST_PAUSING_MYSQL)
}

/** Reads versions such as `8.0.mysql_aurora.3.08.0`. */
function isMysqlFrom(version: string, first: Readonly<{ major: number; minor: number }>): boolean {
  const match = /mysql_aurora\.(\d+)\.(\d+)/.exec(version)
  if (match === null) return false
  const [major, minor] = [Number(match[1]), Number(match[2])]
  return major > first.major || (major === first.major && minor >= first.minor)
}
