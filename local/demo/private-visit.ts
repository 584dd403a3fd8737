import type { LocalCloud } from '../cloud.ts'
import type { Row } from '../database/sql-client.ts'
import type { Engine } from '../team.ts'
import { type Login, PRODUCTION, customersOf, loginsOf, tryLogin } from './private-team.ts'
import type { Visited } from './rows.ts'
import { type Terminal, alignColumns } from './terminal.ts'

// What people try with clones of production, over connections of their own: the action has no part in it.

/** Why each login of production is refused; `undefined`: it gets in. */
type Tries = readonly (string | undefined)[]

export class PrivateVisit {
  readonly #cloud: LocalCloud
  readonly #terminal: Terminal
  readonly #logins: readonly Login[]
  readonly #master: Login
  /** Of each clone, while the action was at work in it. */
  readonly #inQuarantine = new Map<string, Tries>()
  #clone = ''

  constructor(
    cloud: LocalCloud,
    { engine, terminal }: { readonly engine: Engine; readonly terminal: Terminal },
  ) {
    this.#cloud = cloud
    this.#terminal = terminal
    this.#logins = loginsOf(engine)
    this.#master = loginsOf(engine)[0]
    cloud.aws.hooks.afterApply = async ({ operation, clusters: [cluster] }) => {
      if (operation !== 'ExecuteStatement' || cluster === undefined || this.#inQuarantine.has(cluster)) return
      // The clone answers the action: whoever could get in would get in now.
      this.#clone = cluster
      this.#inQuarantine.set(cluster, await this.#tryAll(cluster))
    }
  }

  /** What production shows before there is any clone. */
  async customers(): Promise<readonly Row[]> {
    return await customersOf(this.#cloud, PRODUCTION, this.#master)
  }

  /** What they find after a step. */
  async visit(expected: 'ready' | 'deleting' | 'failed'): Promise<Visited> {
    const quarantined = this.#inQuarantine.get(this.#clone) ?? []
    const now = await this.#tryAll(this.#clone)
    if (quarantined.length === 0 || [...quarantined, ...now].includes(undefined))
      return { lines: [], surprise: 'a login of production gets in to the clone' }
    if (expected !== 'ready') {
      const state = expected === 'failed' ? 'stays in quarantine' : 'is gone'
      return {
        lines: [
          `The clone ${state}: ${this.#logins.map(({ user }, index) => `${user} ${now[index] ?? ''}`).join(', ')}`,
        ],
      }
    }
    return await this.#enter({ quarantined, published: now })
  }

  async #enter({
    quarantined,
    published,
  }: {
    readonly quarantined: Tries
    readonly published: Tries
  }): Promise<Visited> {
    const { bold, green, red } = this.#terminal
    const { masterPassword: password } = this.#cloud.region.cluster(this.#clone) ?? {}
    const own = { user: this.#master.user, password: password ?? '' }
    const clone = await customersOf(this.#cloud, this.#clone, own)
    const production = await this.#tryAll(PRODUCTION)
    const cell = (refusal: string | undefined): string =>
      refusal === undefined ? green('gets in') : red(refusal)
    const lines = [
      ...alignColumns([
        ['Login', 'Production', 'Clone in quarantine', 'Clone, published'].map(bold),
        ...this.#logins.map(({ user }, index) => [
          `${user}, as in production`,
          ...[production, quarantined, published].map((tries) => cell(tries[index])),
        ]),
        [`${own.user}, as the secret of the clone says`, '–', '–', cell(undefined)],
      ]),
      '',
      ...customerTable({ production: await this.customers(), clone }, this.#terminal),
    ]
    const bare = clone.filter(
      ({ email, phone }) => !String(email).endsWith('@masked.invalid') || (phone ?? null) !== null,
    )
    return bare.length === 0
      ? { lines }
      : { lines, surprise: `${bare.length} customers of the clone are not masked` }
  }

  async #tryAll(cluster: string): Promise<Tries> {
    return await Promise.all(this.#logins.map((login) => tryLogin(this.#cloud, cluster, login)))
  }
}

const SHOWN = 3

/** The first rows, with their names. */
export function shownRows(rows: readonly Row[], { bold }: Terminal): readonly string[] {
  const [first = {}] = rows
  return alignColumns([
    Object.keys(first).map(bold),
    ...rows.slice(0, SHOWN).map((row) => Object.values(row).map(String)),
  ])
}

function customerTable(
  { production, clone }: { readonly production: readonly Row[]; readonly clone: readonly Row[] },
  { bold }: Terminal,
): readonly string[] {
  return alignColumns([
    ['Customer', 'Production', 'Clone'].map(bold),
    ...production
      .slice(0, SHOWN)
      .map((row, index) => [String(row['id']), valuesOf(row), valuesOf(clone[index] ?? {})]),
  ])
}

function valuesOf({ id: _, ...others }: Row): string {
  return Object.values(others)
    .map((value) => (typeof value === 'string' ? value : '–'))
    .join(', ')
}
