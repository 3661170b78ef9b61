import type { Unusable } from './arrival.ts';

/** Which addresses of the web records may refer to. */
export interface UrlRules {
  /** `images.example.com`, or `.example.com` and `*.example.com` for all below it; with `:8443` for a port of its own. */
  readonly hosts: readonly string[];
  /** `https` alone where not said otherwise: what comes over http could be anybody's. */
  readonly schemes: readonly ('https' | 'http')[];
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { https: '443', http: '80' };

/** Undefined when a URL may be asked, as far as its text goes; its addresses are judged apart (address-rules.ts). */
export function urlProblem(url: URL, { hosts, schemes }: UrlRules): Unusable | undefined {
  const scheme = url.protocol.slice(0, -1);
  if (!schemes.some((allowed) => allowed === scheme)) {
    return notAllowed(
      `the scheme ${scheme.slice(0, 20)} is not among those that are allowed: ${schemes.join(', ')}`,
    );
  }
  if (url.username !== '' || url.password !== '') return notAllowed('it holds a user name or a password');
  const port = url.port || DEFAULT_PORTS[scheme];
  const host = url.hostname.replace(/\.$/, '');
  if (hosts.some((entry) => allows(entry, host, port, DEFAULT_PORTS[scheme]))) return undefined;
  return notAllowed(
    `the host ${url.host.slice(0, 100)} is not among those that the service is configured to ask`,
  );
}

function allows(entry: string, host: string, port: string | undefined, usual: string | undefined): boolean {
  const [, wildcard, name = '', ownPort] =
    /^(\*?\.)?(\[.*\]|[^:]*)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
  if (port !== (ownPort ?? usual)) return false;
  return wildcard === undefined ? host === name : host.endsWith(`.${name}`) && host.length > name.length + 1;
}

/** A URL as it may be told: its query may hold a secret. */
export function shownUrl(url: URL): string {
  const shown = `${url.protocol}//${url.host}${url.pathname}`;
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
}

const notAllowed = (why: string): Unusable => ({
  code: 'URL_NOT_ALLOWED',
  reason: `the reference's URL is not allowed: ${why}`,
});
