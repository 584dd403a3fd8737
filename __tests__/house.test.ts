import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { OWN_REPOSITORY } from '../policies/publisher.ts'
import { productionPackages, renderLicenses } from '../scripts/licenses.ts'
import { ROOT, read, repositoryFiles } from './documentation/pages.ts'

describe('dependencies', () => {
  const manifest = JSON.parse(read('package.json')) as Readonly<
    Record<
      'dependencies' | 'devDependencies' | 'optionalDependencies' | 'overrides',
      Readonly<Record<string, string>>
    >
  >

  function listed(from: string, to: string): readonly string[] {
    const text = read('CONTRIBUTING.md')
    const part = text.slice(text.indexOf(from), text.indexOf(to))
    return [...part.matchAll(/^- `([^`]+)`: .{10,}\.$/gm)].map(([, name = '']) => name).toSorted()
  }

  test('of the bundle have a reason each', () => {
    expect(listed('In the bundle:', 'For development:')).toEqual(
      Object.keys(manifest.dependencies).toSorted(),
    )
  })

  test('for development have a reason each', () => {
    const names = Object.keys({ ...manifest.devDependencies, ...manifest.optionalDependencies })
    expect(listed('For development:', '## Releasing')).toEqual(names.toSorted())
  })

  test('are of one exact version each', () => {
    const { dependencies, devDependencies, optionalDependencies, overrides } = manifest
    const all = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies, ...overrides })
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([])
  })
})

describe('install scripts', () => {
  test('are run by no npm here', () => {
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m)
  })

  test('are those that the decision about them names', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>
    }
    const scripted = Object.entries(packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path.replace(/^.*node_modules\//, ''))
    const decision = read('docs/adr/0006-esm-ncc-and-node-24-from-npm.md')
    const named = [...decision.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, name]) => name)
    expect(named.toSorted()).toEqual(scripted.toSorted())
  })
})

describe('licences', () => {
  test('of every package in the bundle are in dist/licenses.txt', () => {
    const text = read('dist/licenses.txt')
    const lines = text.split('\n')
    const packages = productionPackages(ROOT)
    expect(packages.length).toBeGreaterThan(40)
    const missing = packages.filter(
      ({ name, version }) => !lines.some((line) => line.startsWith(`${name} ${version} (`)),
    )
    expect(missing).toEqual([])
  })

  test('are those of the packages that are installed', () => {
    expect(read('dist/licenses.txt')).toBe(renderLicenses(ROOT))
  })

  test('allow to be shipped with the action', () => {
    const used = [...renderLicenses(ROOT).matchAll(/^\S+ \d+\.\d+\.\d+\S* \((.+)\)$/gm)].map(
      ([, license]) => license,
    )
    const known = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT']
    expect([...new Set(used)].filter((license) => !known.includes(license ?? ''))).toEqual([])
  })
})

describe('files', () => {
  const files = repositoryFiles()

  test('are named after what they do', () => {
    const drawers = files.filter((path) =>
      path.split('/').some((part) => /^(?:utils?|helpers?|commons?|misc|shared)(?:\..*)?$/i.test(part)),
    )
    expect(drawers).toEqual([])
  })

  test('switch no check off', () => {
    const code = files.filter((path) => /\.(?:ts|js)$/.test(path) && !path.startsWith('dist/'))
    const words = ['lint-' + 'disable', '@ts-' + 'ignore', '@ts-' + 'expect-error', 'TO' + 'DO', 'FIX' + 'ME']
    const found = code.flatMap((path) => {
      const text = read(path)
      return words.filter((word) => text.includes(word)).map((word) => `${path}: ${word}`)
    })
    expect(found).toEqual([])
  })

  // A link that leads nowhere stops every job that takes this action by `$/.`, before its first step [actions/runner#4626].
  test('are no symbolic links', () => {
    const modes = execFileSync('git', ['ls-files', '--stage', '-z'], { cwd: ROOT }).toString().split('\0')
    expect(modes.length).toBeGreaterThan(100)
    expect(modes.filter((entry) => entry.startsWith('120000 '))).toEqual([])
  })

  test('of called workflows take the action at their own commit', () => {
    for (const name of ['pr-database.yml', 'sweep.yml', 'warm-source.yml']) {
      const ofThisRepository = read(`.github/workflows/${name}`).match(/(?<=^\s*(?:- )?uses: )[.$].*$/gm)
      expect(new Set(ofThisRepository)).toEqual(new Set(['$/.']))
    }
  })

  test('of workflows use other people’s actions by commit', () => {
    const uses = files
      .filter((path) => path.startsWith('.github/workflows/'))
      .flatMap((path) => read(path).split('\n'))
      .filter((line) => /^\s*(?:- )?uses: (?!\.\/|\$\/)/.test(line) && !line.includes(` ${OWN_REPOSITORY}@`))
    expect(uses.length).toBeGreaterThan(0)
    expect(uses.filter((line) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([])
  })
})

describe('importing the files of src', () => {
  /** Imports one file after the other and prints, as its only output, what each import did besides loading code. */
  const WATCH = `
    import { syncBuiltinESMExports } from 'node:module'
    let did = []
    const look = (name) => { if (typeof name === 'string' && name.startsWith('INPUT_')) did.push('read ' + name) }
    process.env = new Proxy(process.env, {
      get: (env, name) => { look(name); return env[name] },
      has: (env, name) => { look(name); return name in env },
      ownKeys: (env) => { did.push('read all variables'); return Reflect.ownKeys(env) },
    })
    syncBuiltinESMExports()
    const write = process.stdout.write.bind(process.stdout)
    process.stdout.write = (text) => { did.push('stdout: ' + text); return true }
    process.stderr.write = (text) => { did.push('stderr: ' + text); return true }
    const standing = () => ({
      'listeners of the process': process.eventNames().length,
      'timers and handles': process.getActiveResourcesInfo().length,
      'exit code': process.exitCode,
    })
    const report = {}
    for (const file of process.argv.slice(1)) {
      did = []
      const before = standing()
      await import(file)
      await new Promise((resolve) => { setImmediate(resolve) })
      const after = standing()
      for (const name of Object.keys(before))
        if (before[name] !== after[name]) did.push(name + ': ' + before[name] + ' became ' + after[name])
      report[file] = did
    }
    write(JSON.stringify(report))
  `

  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== 'index.ts')
    .map((name) => pathToFileURL(join(ROOT, 'src', name)).href)
    .toSorted()

  test('does nothing', () => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', WATCH, ...files],
      {
        // What would make a run: an import that acted on it would show.
        env: {
          PATH: process.env['PATH'],
          INPUT_MODE: 'create',
          AWS_REGION: 'eu-west-1',
          GITHUB_REPOSITORY: 'org/orders',
        },
        encoding: 'utf8',
        timeout: 60_000,
      },
    )
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    expect(JSON.parse(stdout)).toEqual(Object.fromEntries(files.map((file) => [file, []])))
  }, 90_000)

  test('is not what index.ts is for: that runs', () => {
    expect(files.some((file) => file.endsWith('/main.ts'))).toBe(true)
    expect(read('src/index.ts')).toContain('await run()')
  })
})
