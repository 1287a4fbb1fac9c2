/** Pages without a server: readable on paper, no script, no font from elsewhere. */

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** A row of cells, escaped unless they are markup already. */
export function row(cells: readonly (string | Markup)[], tag: 'td' | 'th' = 'td'): string {
  return `<tr>${cells.map((cell) => `<${tag}>${typeof cell === 'string' ? escape(cell) : cell.markup}</${tag}>`).join('')}</tr>`
}

export type Markup = { markup: string }

export function link(to: string, text: string): Markup {
  return { markup: `<a href="${escape(to)}">${escape(text)}</a>` }
}

/** Both languages, Chinese first. */
export function both({ zh, en }: { zh: string; en: string }): Markup {
  return { markup: `${escape(zh)}<br><span lang="en" class="en">${escape(en)}</span>` }
}

export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}</style>
<body>
${body}
</body>
</html>
`
}

const STYLE = `
:root { color-scheme: light; --ink: #1c2024; --soft: #5b6470; --line: #d5dae1; --fill: #f4f6f8; --mark: #0b5cad; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.5rem 4rem; color: var(--ink); background: #fff;
  font: 16px/1.65 system-ui, -apple-system, "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.3; margin: 0 0 .3rem; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
.en { color: var(--soft); font-size: .92em; }
a { color: var(--mark); text-decoration: none; } a:hover, a:focus-visible { text-decoration: underline; }
table { width: 100%; border-collapse: collapse; font-size: .93rem; }
th, td { overflow-wrap: anywhere; padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: 600; background: var(--fill); }
code, pre { font: .88em/1.5 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; background: var(--fill); border-radius: 3px; }
code { padding: .1em .3em; overflow-wrap: anywhere; } pre { padding: .7rem .9rem; overflow-x: auto; white-space: pre-wrap; }
.badge { display: inline-block; padding: .05rem .5rem; border-radius: 1rem; font-size: .8rem; border: 1px solid currentColor; }
.red { color: #b42318; } .orange { color: #b54708; } .yellow { color: #8a6d00; } .blue { color: #175cd3; }
.says { border-left: 3px solid var(--mark); padding: .5rem 1rem; background: var(--fill); }
thead:has(th:empty) { display: none; }
th .en { font-weight: 400; } .date { white-space: nowrap; }
.open { color: #b54708; }
nav { font-size: .9rem; margin-bottom: 1.2rem; }
svg { max-width: 100%; height: auto; }
@media print { body { max-width: none; padding: 0; font-size: 11pt; } nav { display: none; } h2 { break-after: avoid; } table, pre, .says, svg { break-inside: avoid; } a { color: inherit; } }
`
