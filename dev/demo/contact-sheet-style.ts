/** A light table by day, a darkroom by night, as the reader's system is set. */
export const SHEET_STYLE = `
:root { color-scheme: light dark; --table: #f3f1ee; --ink: #1b1918; --soft: #6f6a65; --line: #dcd7d1; --card: #fff;
  --mat: #e9e5e0; --check: #d3cec8; --ok: #26734a; --no: #9c5400; --bad: #b3261e; --lamp: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --table: #131010; --ink: #f0eae5; --soft: #a1988f; --line: #332b29;
  --card: #1d1817; --mat: #0c0909; --check: #2a2423; --ok: #7fd0a0; --no: #f2b45f; --bad: #ff8a80; --lamp: #ff5a4a; } }
* { box-sizing: border-box; margin: 0; }
body { background: var(--table); color: var(--ink); font: 14px/1.45 system-ui, -apple-system, 'Segoe UI', sans-serif; }
header, main, footer { max-width: 1480px; margin: 0 auto; padding: 0 32px; }
header { display: flex; flex-wrap: wrap; align-items: end; justify-content: space-between; gap: 20px 48px;
  padding-top: 36px; padding-bottom: 24px; }
h1 { font-size: 30px; font-weight: 650; letter-spacing: -.02em; line-height: 1.1; }
h1::before { content: ''; display: inline-block; width: 14px; height: 14px; margin-right: 11px; border-radius: 50%;
  background: var(--lamp); box-shadow: 0 0 18px var(--lamp); vertical-align: 2px; }
.title p { color: var(--soft); margin-top: 4px; }
dl { display: flex; flex-wrap: wrap; gap: 8px 34px; }
dl div { display: flex; flex-direction: column-reverse; }
dt { color: var(--soft); font-size: 12.5px; }
dd { font-size: 26px; font-weight: 600; line-height: 1.15; font-variant-numeric: tabular-nums; }
.yes { color: var(--ok); } .no { color: var(--bad); }
section { padding: 22px 0 14px; border-top: 1px solid var(--line); }
.customer { display: flex; flex-wrap: wrap; align-items: baseline; gap: 6px 20px; margin-bottom: 16px; }
h2 { font-size: 19px; font-weight: 650; }
.customer ul { display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 0; list-style: none; color: var(--soft);
  font-size: 13px; }
.customer b { margin-left: 5px; color: var(--ink); font-weight: 600; }
.frames { display: grid; grid-template-columns: repeat(auto-fill, minmax(214px, 1fr)); gap: 18px; }
figure { display: flex; flex-direction: column; min-width: 0; overflow: hidden; border: 1px solid var(--line);
  border-radius: 8px; background: var(--card); }
.mat { display: flex; align-items: center; justify-content: center; height: 190px; padding: 12px; background: var(--mat); }
.mat img { max-width: 100%; max-height: 100%; min-width: 24px; image-rendering: auto;
  background: repeating-conic-gradient(var(--check) 0 25%, var(--card) 0 50%) 0 0 / 14px 14px; }
.code { font: 600 13px/1.5 ui-monospace, 'Cascadia Mono', Menlo, monospace; text-align: center; }
figcaption { padding: 11px 13px 13px; font-size: 12.5px; color: var(--soft); font-variant-numeric: tabular-nums; }
figcaption strong { display: block; overflow: hidden; color: var(--ink); font-size: 14px; font-weight: 600;
  text-overflow: ellipsis; white-space: nowrap; }
.reason { margin-top: 6px; color: var(--ink); overflow-wrap: anywhere; }
.rejected .code { color: var(--no); } .failed .code, .missing .code { color: var(--bad); }
.rejected .mat, .failed .mat, .missing .mat { background: repeating-linear-gradient(-45deg, var(--mat) 0 9px,
  transparent 9px 18px); }
footer { padding-top: 18px; padding-bottom: 44px; color: var(--soft); font-size: 12.5px; }
@media (max-width: 620px) { header, main, footer { padding-left: 16px; padding-right: 16px; } dl { gap: 8px 24px; }
  .frames { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px; } .mat { height: 140px; } }
@media print { .frames { grid-template-columns: repeat(5, 1fr); } figure { break-inside: avoid; } }
`;
