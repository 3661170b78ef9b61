const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** File names and reasons come from outside: nothing of them may become markup. */
export const html = (text: string): string => text.replace(/[&<>"']/g, (found) => escapes[found] ?? found);

/** A way to a file, with `/` between folders, as it stands in an attribute. */
export const urlOf = (path: string): string => html(path.split('/').map(encodeURIComponent).join('/'));
