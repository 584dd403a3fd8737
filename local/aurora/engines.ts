/** What is known about an engine. Neptune and DocumentDB share the API, and its listings. [aurora §11.3] */
export interface Engine {
  readonly name: string
  readonly port: number
  readonly defaultVersion: string
  readonly logTypes: readonly string[]
  readonly isAurora: boolean
}

const ENGINES: Readonly<Record<string, Omit<Engine, 'name'>>> = {
  'aurora-postgresql': {
    port: 5432,
    defaultVersion: '16.4',
    logTypes: ['instance', 'postgresql', 'iam-db-auth-error'],
    isAurora: true,
  },
  'aurora-mysql': {
    port: 3306,
    defaultVersion: '8.0.mysql_aurora.3.08.0',
    logTypes: ['audit', 'error', 'general', 'instance', 'slowquery', 'iam-db-auth-error'],
    isAurora: true,
  },
  neptune: { port: 8182, defaultVersion: '1.3.2.1', logTypes: ['audit', 'slowquery'], isAurora: false },
  docdb: { port: 27017, defaultVersion: '5.0.0', logTypes: ['audit', 'profiler'], isAurora: false },
}

export function engineNamed(name: string): Engine | undefined {
  const engine = ENGINES[name]
  return engine === undefined ? undefined : { name, ...engine }
}

/** `aurora-postgresql16`, `aurora-mysql8.0`, …: what a parameter group must be made for. */
export function parameterGroupFamily(engine: string, version: string): string {
  const [major = '', minor = ''] = version.split('.')
  switch (engine) {
    case 'aurora-postgresql':
      return `aurora-postgresql${major}`
    case 'docdb':
      return `docdb${major}.${minor}`
    case 'neptune':
      return `neptune${major}.${minor}`
    default:
      return `${engine}${major}.${minor}`
  }
}

const isAtLeast = (version: readonly number[], minimum: readonly number[]): boolean => {
  for (const [index, part] of minimum.entries()) {
    const own = version[index] ?? 0
    if (own !== part) return own > part
  }
  return true
}

const POSTGRESQL_MINORS_WITH_ZERO_ACU: Readonly<Record<number, number>> = { 13: 15, 14: 12, 15: 7, 16: 3 }

/** Which versions can pause at 0 ACU. [aurora §7] */
export function supportsZeroCapacity(engine: string, version: string): boolean {
  if (engine === 'aurora-mysql') {
    const own = version.split('mysql_aurora.')[1] ?? version
    return isAtLeast(own.split('.').map(Number), [3, 8, 0])
  }
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major >= 17 || minor >= (POSTGRESQL_MINORS_WITH_ZERO_ACU[major] ?? Infinity)
}
