// A certificate authority of one folder, and certificates that it signs for the loopback interface.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, StackError } from '../errors.ts';

/** Paths of PEM files. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** Enough for a stack that somebody keeps; few enough that nobody builds on one. */
const DAYS = '30';
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
/** So that openssl needs no configuration of the machine. */
const REQUEST = '[req]\ndistinguished_name=name\n[name]\n';
const AUTHORITY = `${REQUEST}[authority]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n`;
const LOOPBACK = 'basicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1,DNS:localhost\n';

export class CertificateAuthority {
  /** PEM file to trust. */
  readonly file: string;
  readonly #folder: string;
  readonly #key: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.file = join(folder, 'ca.pem');
    this.#key = join(folder, 'ca-key.pem');
  }

  /** A new one, in a folder of its own. */
  static async create(folder: string): Promise<CertificateAuthority> {
    const authority = new CertificateAuthority(folder);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const config = join(folder, 'ca.cnf');
    await writeFile(config, AUTHORITY);
    await openssl([
      ...['req', '-x509', '-config', config, '-extensions', 'authority', '-days', DAYS],
      ...[...NEW_KEY, '-subj', '/CN=Darkroom development', '-keyout', authority.#key, '-out', authority.file],
    ]);
    return authority;
  }

  /** A certificate for 127.0.0.1 and localhost. */
  async sign(name: string): Promise<Certificate> {
    const file = (ending: string) => join(this.#folder, `${name}${ending}`);
    const [certificate, key, request] = [file('.pem'), file('-key.pem'), file('.csr')];
    await writeFile(file('.cnf'), REQUEST);
    await writeFile(file('.ext'), LOOPBACK);
    await openssl([
      ...['req', '-new', '-config', file('.cnf'), ...NEW_KEY],
      ...['-subj', `/CN=${name}`, '-keyout', key, '-out', request],
    ]);
    await openssl([
      ...['x509', '-req', '-in', request, '-CA', this.file, '-CAkey', this.#key, '-CAcreateserial'],
      ...['-days', DAYS, '-extfile', file('.ext'), '-out', certificate],
    ]);
    return { certificate, key };
  }
}

async function openssl(args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)('openssl', [...args]);
  } catch (error) {
    const missing = error instanceof Error && Reflect.get(error, 'code') === 'ENOENT';
    throw new StackError(
      missing
        ? 'Certificates are made by openssl, and there is none. What to do: apt-get install openssl, or the same from your package manager.'
        : `openssl could not make a certificate: ${messageOf(error)}`,
    );
  }
}
