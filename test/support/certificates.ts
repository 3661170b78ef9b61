import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateAuthority } from '../../dev/stack/native/certificates.ts';

/** An authority, a certificate of it for loopback, and another authority that has signed nothing; all in a temporary folder. */
export interface Certificates {
  readonly folder: string;
  readonly caFile: string;
  readonly otherCaFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly ca: string;
  readonly otherCa: string;
  readonly certificate: string;
  readonly key: string;
  remove(): Promise<void>;
}

export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-certificates-'));
  const authority = await CertificateAuthority.create(join(folder, 'one'));
  const other = await CertificateAuthority.create(join(folder, 'other'));
  const signed = await authority.sign('server');
  const read = (file: string) => readFile(file, 'utf8');
  return {
    folder,
    caFile: authority.file,
    otherCaFile: other.file,
    certificateFile: signed.certificate,
    keyFile: signed.key,
    ca: await read(authority.file),
    otherCa: await read(other.file),
    certificate: await read(signed.certificate),
    key: await read(signed.key),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
