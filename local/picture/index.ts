import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '../program.ts'
import { commentsOfLife } from './life.ts'
import { type RenderedComment, type Theme, WIDTH, lifePage } from './page.ts'
import { DESCRIPTION, PICTURES, describe } from './pictures.ts'

// Programs of Debian: GitHub's own renderer of Markdown, a browser, and a program that makes pictures small.
const RENDERER = 'cmark-gfm'
const BROWSER = 'chromium'
const SHRINKER = 'pngquant'
/** Pixels of the picture for each of the page. */
const SCALE = 2

await runProgram({
  command: 'npm run picture',
  help: `npm run picture

Draws the life of a pull request for README.md, of the comments that the demo writes. Needs ${RENDERER}, ${BROWSER} and
${SHRINKER}: apt-get install ${RENDERER} ${BROWSER} ${SHRINKER} fonts-liberation fonts-noto-color-emoji
`,
  readOptions: () => ({}),
  run: draw,
})

async function draw(): Promise<void> {
  const written = await commentsOfLife()
  const comments = written.map((comment) => ({ ...comment, html: render(comment.markdown) }))
  for (const [name, theme] of Object.entries(PICTURES))
    drawOne(join(DESCRIPTION, '..', name), comments, theme)
  writeFileSync(DESCRIPTION, describe(written))
}

function render(markdown: string): string {
  const extensions = ['table', 'strikethrough', 'autolink', 'tagfilter'].flatMap((name) => [
    '--extension',
    name,
  ])
  // GitHub keeps the tags that it allows, such as <details>, and drops others: comments have none of those.
  return output(RENDERER, ['--unsafe', ...extensions], markdown)
}

function drawOne(path: string, comments: readonly RenderedComment[], theme: Theme): void {
  const folder = mkdtempSync(join(tmpdir(), 'picture-'))
  try {
    const page = join(folder, 'page.html')
    const picture = join(folder, 'picture.png')
    writeFileSync(page, lifePage(comments, theme))
    const height = heightOf(page, folder)
    browse(folder, [
      `--force-device-scale-factor=${SCALE}`,
      `--window-size=${WIDTH},${height}`,
      `--screenshot=${picture}`,
      page,
    ])
    output(SHRINKER, ['--force', '--strip', '--speed', '1', '--quality', '70-95', '--output', path, picture])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A browser cannot be asked for a picture of a whole page, so the page says how high it is. */
function heightOf(page: string, folder: string): number {
  const script =
    '<script>document.title=document.querySelector("main").getBoundingClientRect().height</script>'
  const measured = join(folder, 'measured.html')
  writeFileSync(measured, `${output('cat', [page])}${script}`)
  const [, height = ''] =
    /<title>([\d.]+)<\/title>/.exec(
      browse(folder, [`--window-size=${WIDTH},2000`, '--dump-dom', measured]),
    ) ?? []
  return Math.ceil(Number(height))
}

function browse(folder: string, options: readonly string[]): string {
  const fixed = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    `--user-data-dir=${folder}/profile`,
  ]
  return output(BROWSER, [...fixed, ...options])
}

function output(program: string, args: readonly string[], input = ''): string {
  const { error, status, stderr, stdout } = spawnSync(program, args, { input, encoding: 'utf8' })
  if (error !== undefined) throw new Error(`${program} cannot be started: is it installed?`, { cause: error })
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`)
  return stdout
}
