import type { WrittenComment } from './life.ts'

export type Theme = 'light' | 'dark'

/** A comment with the HTML that GitHub's renderer makes of it. */
export interface RenderedComment extends WrittenComment {
  readonly html: string
}

export const WIDTH = 880

/** A page that looks as GitHub shows a pull request: what happened, and the comments. Pure. */
export function lifePage(comments: readonly RenderedComment[], theme: Theme): string {
  const [creating, ready, deleting] = comments
  if (creating === undefined || ready === undefined || deleting === undefined || comments.length !== 3)
    throw new Error(`The picture has room for 3 comments, got ${comments.length}.`)
  const items = [
    event(LABELLED, `<b>octocat</b> added the <span class="label">clone-db</span> label`),
    box(creating, 'commented at once', true),
    box(ready, `edited its comment ${Math.round(ready.afterMs / 60_000)} minutes later`, false),
    event(MERGED, '<b>octocat</b> merged the pull request', 'merged'),
    box(deleting, 'edited its comment at once', false),
  ]
  return `<!doctype html><html class="${theme}"><meta charset="utf-8"><style>${STYLE}</style><main>${items.join('')}</main></html>`
}

const LABELLED = '<path d="M2 2h6l6 6-6 6-6-6z"/><circle cx="5" cy="5" r="1"/>'
const MERGED =
  '<circle cx="4" cy="3" r="1.5"/><circle cx="4" cy="13" r="1.5"/><circle cx="12" cy="8" r="1.5"/><path d="M4 4.5v7M4 5c0 2 3 3 6.5 3"/>'

function event(icon: string, text: string, kind = ''): string {
  return `<div class="event ${kind}"><span class="icon"><svg viewBox="0 0 16 16">${icon}</svg></span><span>${text}</span></div>`
}

function box({ html }: RenderedComment, when: string, isCut: boolean): string {
  return `<section${isCut ? ' class="cut"' : ''}><header><b>github-actions</b> <span class="bot">bot</span> ${when}</header><article>${html}</article></section>`
}

/** As much of GitHub's style as the comments need. */
const STYLE = `
.light{--text:#1f2328;--muted:#59636e;--page:#ffffff;--border:#d1d9e0;--head:#f6f8fa;--code:#818b981f;--link:#0969da;--label:#0e8a16;--merged:#8250df}
.dark{--text:#f0f6fc;--muted:#9198a1;--page:#0d1117;--border:#3d444d;--head:#151b23;--code:#656c7633;--link:#4493f8;--label:#238636;--merged:#8957e5}
*{box-sizing:border-box}
html{background:var(--page);color:var(--text);font:14px/1.5 -apple-system,BlinkMacSystemFont,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif}
body{margin:0}
main{width:${WIDTH}px;padding:12px 12px 1px 40px;position:relative}
main::before{content:"";position:absolute;left:27px;top:28px;bottom:32px;width:2px;background:var(--border)}
.event,section{position:relative}
.event{display:flex;gap:12px;align-items:center;margin:0 0 12px -27px;color:var(--muted)}
.event b{color:var(--text)}
.icon{width:28px;height:28px;border-radius:50%;background:var(--head);border:2px solid var(--page);outline:1px solid var(--border);display:grid;place-items:center;color:var(--muted)}
svg{width:16px;height:16px;fill:none;stroke:currentColor;stroke-width:1.5}
.merged .icon{background:var(--merged);color:#fff}
.label{background:var(--label);color:#fff;border-radius:2em;padding:1px 8px;font-size:12px;font-weight:600}
section{background:var(--page);border:1px solid var(--border);border-radius:6px;margin:0 0 12px;overflow:hidden}
header{background:var(--head);border-bottom:1px solid var(--border);padding:6px 16px;color:var(--muted);font-size:13px}
header b{color:var(--text)}
.bot{border:1px solid var(--border);border-radius:2em;padding:0 6px;font-size:11px}
article{padding:12px 16px}
.cut article{max-height:112px;overflow:hidden;mask-image:linear-gradient(#000 45%,#0000)}
article>:first-child{margin-top:0}
article>:last-child{margin-bottom:0}
h3{font-size:17px;margin:0 0 12px;font-weight:600}
p{margin:0 0 10px}
table{border-collapse:collapse;margin:0 0 12px;width:100%}
th,td{border:1px solid var(--border);padding:3px 12px;text-align:left;font-weight:400}
th:first-child,td:first-child{width:104px}
tr:nth-child(even) td{background:var(--head)}
strong{font-weight:600}
code{font:85%/1.4 ui-monospace,SFMono-Regular,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;background:var(--code);border-radius:6px;padding:.2em .4em}
a{color:var(--link);text-decoration:none}
sub{font-size:12px;vertical-align:baseline}
summary{cursor:pointer}
details{margin:0 0 10px}
`
