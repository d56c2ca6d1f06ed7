/** The page's look, light or dark as the reader has it. */
export const STYLE = `
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#14181f;--soft:#5b6472;--line:#e4e7ec;--training:#2463c9;--validation:#c2540a;--good:#0f7a4a;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--page:#0f1216;--card:#181c22;--ink:#eef1f5;--soft:#9aa4b2;--line:#2a3039;--training:#6ea8ff;--validation:#f0954e;--good:#4fc48a;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 24px 48px}
header{display:flex;justify-content:space-between;align-items:flex-start;gap:16px;flex-wrap:wrap;margin-bottom:20px}
h1{margin:0;font-size:24px;line-height:1.2;letter-spacing:-.01em}
.facts{margin:6px 0 0;color:var(--soft)}
.status{margin:0;padding:4px 12px;border:1px solid currentColor;border-radius:999px;font-weight:600;font-size:13px;color:var(--training)}
.status.completed{color:var(--good)}
.status.aborted,.status.failed{color:var(--bad)}
.status.training::before{content:"";display:inline-block;width:8px;height:8px;margin-right:7px;border-radius:50%;background:currentColor}
.error{margin:0 0 20px;padding:12px 16px;border-left:3px solid var(--bad);background:var(--card);white-space:pre-wrap;font:13px/1.5 ui-monospace,monospace}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}
.tile{display:flex;flex-direction:column;padding:14px 16px;background:var(--card);border:1px solid var(--line);border-radius:10px}
.label,.note{color:var(--soft);font-size:13px}
.value{font-size:26px;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.value small{font-size:15px;font-weight:400;color:var(--soft);letter-spacing:0}
.progress{height:4px;margin:16px 0;border-radius:2px;background:var(--line);overflow:hidden}
.progress div{height:100%;background:var(--training)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(460px,100%),1fr));gap:12px}
figure{margin:0;padding:14px 16px 8px;background:var(--card);border:1px solid var(--line);border-radius:10px}
figcaption{display:flex;justify-content:space-between;gap:12px;font-weight:600;margin-bottom:6px}
.legend{display:flex;gap:14px;font-weight:400;font-size:13px;color:var(--soft)}
.key::before{content:"";display:inline-block;width:14px;height:3px;margin-right:6px;border-radius:2px;vertical-align:middle;background:currentColor}
.key.training::before{background:var(--training)}
.key.validation::before{background:var(--validation)}
svg{display:block;width:100%;height:auto;overflow:visible}
.grid{stroke:var(--line)}
.tick{fill:var(--soft);font-size:12px;font-variant-numeric:tabular-nums}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.line.training{stroke:var(--training)}
.line.validation{stroke:var(--validation)}
.dot{stroke:var(--card);stroke-width:1}
.dot.training{fill:var(--training)}
.dot.validation{fill:var(--validation)}
.ring{fill:none;stroke-width:1.5}
.ring.training{stroke:var(--training)}
.ring.validation{stroke:var(--validation)}
.target{fill:transparent}
.point:hover .dot{stroke:var(--ink)}
.empty{color:var(--soft)}
details{margin-top:16px}
summary{cursor:pointer;font-weight:600}
.scroll{overflow-x:auto}
table{margin-top:10px;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:4px 16px 4px 0;text-align:right;font-weight:400;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);white-space:nowrap}
th:first-child{text-align:left}
`
