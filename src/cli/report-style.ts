/** The style of the report; a checkbox that is off hides its outcome without any script. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --paper: #f6f4f1; --card: #fff; --ink: #1d1b19; --soft: #6d6762; --line: #e2ddd7;
  --mat: #ece8e3; --ok: #2c7a4b; --no: #a65b00; --bad: #b3261e; --lamp: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --paper: #141110; --card: #1f1b19; --ink: #efe9e4; --soft: #a49b94;
  --line: #332d2a; --mat: #0d0b0a; --ok: #7fce9d; --no: #f0b25c; --bad: #ff8a80; --lamp: #ff5a4a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 14px/1.5 system-ui, -apple-system, sans-serif; }
.top { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 24px;
  padding: 14px 24px; background: var(--paper); border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 18px; letter-spacing: .01em; }
h1::before { content: ''; display: inline-block; width: 10px; height: 10px; margin-right: 9px; border-radius: 50%;
  background: var(--lamp); vertical-align: 1px; }
.top p { margin: 0; color: var(--soft); flex: 1; min-width: 260px; font-variant-numeric: tabular-nums; }
form { display: flex; flex-wrap: wrap; gap: 8px; }
label { display: flex; gap: 6px; align-items: center; padding: 3px 12px; border: 1px solid var(--line); border-radius: 99px;
  cursor: pointer; background: var(--card); }
label input { accent-color: currentColor; margin: 0; }
label.processed, .processed > header em { color: var(--ok); }
label.rejected, .rejected > header em, .rejected code { color: var(--no); }
label.failed, .failed > header em, .failed code { color: var(--bad); }
body:has(#show-processed:not(:checked)) article.processed, body:has(#show-rejected:not(:checked)) article.rejected,
body:has(#show-failed:not(:checked)) article.failed { display: none; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 660px), 1fr)); gap: 18px;
  padding: 22px 24px 48px; align-items: start; }
article { min-width: 0; overflow: hidden; background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  content-visibility: auto; contain-intrinsic-size: auto 340px; }
article > * { padding: 0 16px; }
article:not(.processed) .mat.none { height: 64px; }
article > header { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0 16px;
  padding-top: 12px; padding-bottom: 10px; }
article > header p { display: flex; gap: 12px; margin: 0; color: var(--soft); font-size: 12.5px;
  font-variant-numeric: tabular-nums; }
em { font-style: normal; font-weight: 600; }
h2 { margin: 0; min-width: 0; font-size: 14.5px; font-weight: 600; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; }
.reason { margin: 0 0 12px; overflow-wrap: anywhere; }
code { font: 600 12.5px/1.4 ui-monospace, 'Cascadia Mono', Menlo, monospace; }
.strip { display: flex; gap: 12px; align-items: start; overflow-x: auto; padding-top: 14px; padding-bottom: 12px;
  background: var(--mat); }
figure { flex: none; margin: 0; font-size: 12px; }
.mat { display: flex; align-items: center; justify-content: center; height: 124px; }
.mat img { max-height: 124px; max-width: 143px; min-width: 16px; border-radius: 2px; box-shadow: 0 1px 5px rgb(0 0 0 / .22);
  background: repeating-conic-gradient(#bbb 0 25%, #eee 0 50%) 0 0 / 14px 14px; }
.original { padding-right: 12px; border-right: 1px solid var(--line); }
.mat.none { width: 124px; border-radius: 2px; background-size: cover; background-position: center;
  background-color: var(--card); }
.mat.none span { padding: 2px 9px; border-radius: 99px; background: var(--card); font: 600 12px/1.5 ui-monospace, monospace; }
figcaption { padding-top: 7px; color: var(--soft); font-variant-numeric: tabular-nums; line-height: 1.4; }
figcaption b { display: block; color: var(--ink); font-weight: 600; }
figcaption span { display: block; }
.facts { display: flex; flex-wrap: wrap; gap: 6px 12px; align-items: center; padding-top: 10px; }
.facts p { margin: 0; color: var(--soft); font-size: 12.5px; } .facts p i { opacity: .5; }
.palette { display: flex; overflow: hidden; border-radius: 4px; box-shadow: 0 0 0 1px var(--line); }
.palette i { width: 20px; height: 14px; }
.steps { list-style: none; margin: 10px 0 0; font-size: 12.5px; }
.steps li { display: grid; grid-template-columns: minmax(90px, 2fr) repeat(4, minmax(58px, 1fr)); gap: 10px; padding: 3px 0;
  border-top: 1px solid var(--line); color: var(--soft); font-variant-numeric: tabular-nums; }
.steps b { color: var(--ink); overflow-wrap: anywhere; } .steps .rejected { color: var(--no); } .steps .failed { color: var(--bad); }
details { padding-top: 8px; padding-bottom: 12px; font-size: 12px; color: var(--soft); } summary { cursor: pointer; }
dl { margin: 6px 0 0; } dt { font-weight: 600; } dd { margin: 0 0 4px; font-family: ui-monospace, monospace;
  overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
@media (max-width: 620px) { .top, main { padding-left: 14px; padding-right: 14px; } .mat { height: 112px; }
  .mat img { max-height: 112px; max-width: 150px; } .mat.none { width: 112px; } }
`;
