import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

interface LockedPackage {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly devOptional?: boolean
}

interface ProductionPackage {
  readonly name: string
  readonly version: string
  /** Where it is installed, from the root of the repository. */
  readonly path: string
}

/** Every package that can be inside the bundle: what package-lock.json installs for `dependencies`, and nothing for development. */
export function productionPackages(root: string): readonly ProductionPackage[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>
  }
  const packages = new Map<string, ProductionPackage>()
  for (const [path, { version = '', dev, devOptional, optional }] of Object.entries(lock.packages)) {
    // Optional ones are the Node.js that runs the npm scripts; the bundle runs on the runner's own.
    if (path === '' || dev === true || devOptional === true || optional === true) continue
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    packages.set(`${name}@${version}`, { name, version, path })
  }
  return [...packages.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry)
}

/**
 * Name, version, licence and licence text of every production package; packages with the same text share it. The same lock file
 * gives the same text.
 */
export function renderLicenses(root: string): string {
  const packages = productionPackages(root).map((entry) => readLicense(root, entry))
  const byText = new Map<string, string[]>()
  for (const { title, license, scope, text } of packages) {
    // Some of AWS's packages forget the file; the publisher's others have the text of the same licence.
    const own = text ?? packages.find((other) => other.scope === scope && other.license === license)?.text
    if (own === undefined) throw new Error(`${title} (${license}) comes without a licence text.`)
    byText.set(own, [...(byText.get(own) ?? []), `${title} (${license})`])
  }
  return [...byText]
    .map(([text, titles]) => `${titles.join('\n')}\n\n${text}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`)
}

interface PackageLicense {
  readonly title: string
  readonly license: string
  /** Such as `@aws-sdk`; the package's own name where it has none. */
  readonly scope: string
  readonly text: string | undefined
}

function readLicense(root: string, { name, version, path }: ProductionPackage): PackageLicense {
  const directory = join(root, path)
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    readonly version?: string
    readonly license?: string
  }
  if (manifest.version !== version)
    throw new Error(`${path} is ${manifest.version ?? 'unknown'}, expected ${version}: run npm ci.`)
  if (manifest.license === undefined) throw new Error(`${path} names no licence.`)
  return {
    title: `${name} ${version}`,
    license: manifest.license,
    scope: name.split('/')[0] ?? name,
    text: licenseText(directory),
  }
}

/** The licence and notice files of a package, one after the other; `undefined` when it has none. */
function licenseText(directory: string): string | undefined {
  const files = readdirSync(directory)
    .filter((name) => /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i.test(name))
    .toSorted()
  if (files.length === 0) return undefined
  return files
    .map((name) =>
      readFileSync(join(directory, name), 'utf8')
        .replaceAll('\r\n', '\n')
        .replaceAll(/[ \t]+$/gm, '')
        .trim(),
    )
    .join('\n\n')
}
