/** The style of the report; a checkbox that is off hides its outcome without any script. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --paper: #f6f4f1; --card: #fff; --ink: #1d1b19; --soft: #6d6762; --line: #e2ddd7;
  --mat: #ece8e3; --ok: #2c7a4b; --no: #a65b00; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --paper: #141110; --card: #1f1b19; --ink: #efe9e4; --soft: #a49b94;
  --line: #332d2a; --mat: #0d0b0a; --ok: #7fce9d; --no: #f0b25c; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 14px/1.5 system-ui, sans-serif; }
header { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 24px;
  padding: 14px 24px; background: var(--paper); border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 18px; letter-spacing: .02em; }
header p { margin: 0; color: var(--soft); flex: 1; min-width: 260px; }
form { display: flex; flex-wrap: wrap; gap: 8px; }
label { display: flex; gap: 6px; align-items: center; padding: 3px 12px; border: 1px solid var(--line); border-radius: 99px;
  cursor: pointer; background: var(--card); }
label input { accent-color: currentColor; margin: 0; }
label.processed, .processed .frame.none { color: var(--ok); }
label.rejected, .rejected .frame.none { color: var(--no); }
label.failed, .failed .frame.none { color: var(--bad); }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 18px; padding: 22px 24px 48px; }
article { display: flex; flex-direction: column; overflow: hidden; background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; }
body:has(#show-processed:not(:checked)) article.processed, body:has(#show-rejected:not(:checked)) article.rejected,
body:has(#show-failed:not(:checked)) article.failed { display: none; }
.frame { display: flex; align-items: center; justify-content: center; height: 190px; padding: 14px; background: var(--mat); }
.frame img { max-width: 100%; max-height: 100%; box-shadow: 0 1px 6px rgb(0 0 0 / .25);
  background: repeating-conic-gradient(#bbb 0 25%, #eee 0 50%) 0 0 / 14px 14px; }
.frame.none { height: 190px; font: 600 12px/1.4 ui-monospace, monospace; letter-spacing: .03em; text-align: center;
  overflow-wrap: anywhere; }
.text { padding: 12px 14px 12px; }
h2 { margin: 0; font-size: 14px; font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.facts { margin: 2px 0 0; color: var(--soft); } .facts i { opacity: .5; }
.reason { margin: 8px 0 0; overflow-wrap: anywhere; }
ul { list-style: none; margin: 10px 0 0; padding: 0; font-size: 13px; }
li { display: grid; grid-template-columns: 1fr auto 72px; gap: 10px; padding: 2px 0; border-top: 1px solid var(--line);
  font-variant-numeric: tabular-nums; }
li span { color: var(--soft); text-align: right; }
a { color: inherit; text-underline-offset: 3px; text-decoration-color: var(--line); }
details { margin-top: 10px; font-size: 12px; color: var(--soft); } summary { cursor: pointer; }
dl { margin: 6px 0 0; } dt { font-weight: 600; } dd { margin: 0 0 4px; font-family: ui-monospace, monospace;
  overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
`;
