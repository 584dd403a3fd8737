import { tagOf } from '../policies/publisher.ts'

/** Who publishes, and the version in package.json. */
export interface Publisher {
  /** `owner/name`. */
  readonly repository: string
  readonly version: string
}

/** Whom the files name now: an example says which repository, README.md which version. */
export function namedPublisher(example: string, readme: string): Publisher {
  const repository = /^ *uses: ([\w-]+\/[\w.-]+)\/\.github\/workflows\/pr-database\.yml@/m.exec(example)?.[1]
  const version = /`v(\d+\.\d+\.\d+)` never moves/.exec(readme)?.[1]
  if (repository === undefined) throw new Error('examples/pull-request.yml calls no pr-database.yml.')
  if (version === undefined) throw new Error('README.md has no "`v1.0.0` never moves".')
  return { repository, version }
}

/** A workflow, a policy or code with another publisher, and with the tag of its major version behind the name. Pure. */
export function publishedBy(text: string, former: Publisher, publisher: Publisher): string {
  const name = new RegExp(`(?<![\\w-])${escaped(former.repository)}(?!\\w)`, 'g')
  const tag = new RegExp(
    `(?<=${escaped(publisher.repository)}(?:/[\\w./-]+)?@(?:refs/tags/)?)v\\d+(?![.\\w])`,
    'g',
  )
  return text.replaceAll(name, publisher.repository).replaceAll(tag, tagOf(publisher.version))
}

/** A page, whose text also speaks of the tags. Pure. */
export function pagePublishedBy(text: string, former: Publisher, publisher: Publisher): string {
  const [from, to] = [former, publisher].map(({ version }) => version.split('.'))
  let page = publishedBy(text, former, publisher)
  // The longest first: v1.0.0, v1.0, v1.
  for (const length of [3, 2, 1]) {
    const word = `v${escaped((from ?? []).slice(0, length).join('.'))}`
    page = page.replaceAll(
      new RegExp(`(?<![\\w.-])${word}(?!\\w|\\.\\d)`, 'g'),
      `v${(to ?? []).slice(0, length).join('.')}`,
    )
  }
  return page
}

function escaped(text: string): string {
  return text.replaceAll(/[.\\^$*+?()[\]{}|-]/g, '\\$&')
}
