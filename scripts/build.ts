/**
 * Builds dist/ from src/, byte for byte the same on every machine: `node scripts/build.ts`. With `--check` it builds beside dist/
 * and compares, and writes nothing that git would see.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import ts from 'typescript'
import { productionPackages, renderLicenses } from './licenses.ts'

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
const SCRATCH = join(ROOT, '.cache')
const FORMAT = {
  getCanonicalFileName: (name: string) => name,
  getCurrentDirectory: () => ROOT,
  getNewLine: () => '\n',
}

/** Builds in a directory of its own, so that a dist/ in use is only ever replaced as a whole. Returns the new dist/. */
function build(home: string): string {
  compile(join(home, 'src'))
  const out = join(home, 'dist')
  const ncc = createRequire(import.meta.url).resolve('@vercel/ncc/dist/ncc/cli.js')
  const args = ['build', join('src', 'index.js'), '--out', out, '--no-cache', '--quiet']
  // It names modules after their paths from its working directory.
  execFileSync(process.execPath, [ncc, ...args], { cwd: home, stdio: 'inherit' })
  addWasm(out)
  // Not ncc's own `--license`: it misses the packages that webpack concatenates into one module.
  writeFileSync(join(out, 'licenses.txt'), renderLicenses(ROOT))
  return out
}

/** Compiles file by file. ncc would check the types too, which takes longer than all the rest: that is the work of `npm run lint`. */
function compile(to: string): void {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
  }
  for (const file of filesOf(join(ROOT, 'src'))) {
    const path = join(to, file.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(path), { recursive: true })
    const text = readFileSync(join(ROOT, 'src', file), 'utf8')
    const options = { compilerOptions, fileName: `src/${file}`, reportDiagnostics: true }
    const { diagnostics = [], outputText } = ts.transpileModule(text, options)
    if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, FORMAT))
    writeFileSync(path, outputText)
  }
}

/**
 * Puts the WebAssembly of bundled packages beside their code, which looks for it in its own directory. ncc leaves the file behind,
 * and its chunks are ES modules, which have no `__dirname`.
 */
function addWasm(out: string): void {
  const code = filesOf(out).map((file) => ({ file, text: readFileSync(join(out, file), 'utf8') }))
  for (const { path } of productionPackages(ROOT)) {
    for (const wasm of filesOf(join(ROOT, path)).filter((file) => file.endsWith('.wasm'))) {
      const users = code.filter(({ text }) => text.includes(basename(wasm)))
      if (users.length > 0) writeFileSync(join(out, basename(wasm)), readFileSync(join(ROOT, path, wasm)))
      for (const { file, text } of users)
        writeFileSync(join(out, file), `const __dirname = import.meta.dirname;\n${text}`)
    }
  }
}

function filesOf(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted()
}

/** The files that are missing, too many or not the same, as `git status` would name them. */
function differences(expected: string, actual: string): readonly string[] {
  const [wanted, found] = [new Set(filesOf(expected)), new Set(filesOf(actual))]
  return [...new Set([...wanted, ...found])].toSorted().flatMap((file) => {
    if (!found.has(file)) return [`missing  dist/${file}`]
    if (!wanted.has(file)) return [`extra    dist/${file}`]
    const same = readFileSync(join(expected, file)).equals(readFileSync(join(actual, file)))
    return same ? [] : [`changed  dist/${file}`]
  })
}

function main(): void {
  mkdirSync(SCRATCH, { recursive: true })
  const home = mkdtempSync(join(SCRATCH, 'build-'))
  try {
    const built = build(home)
    if (!process.argv.includes('--check')) {
      rmSync(DIST, { recursive: true, force: true })
      renameSync(built, DIST)
      return
    }
    const wrong = differences(built, DIST)
    if (wrong.length === 0) return
    console.error(`dist/ is not what src/ builds to:\n${wrong.join('\n')}\nRun: npm run build`)
    process.exitCode = 1
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

if (import.meta.main) main()
