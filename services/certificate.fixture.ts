/** A certificate for 127.0.0.1 that signs itself: authority, server and client in one. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** PEM files in the folder; the key has no password. */
export async function makeCertificate(folder: string): Promise<CertificateFiles> {
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  const kind = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=cecochat-test -addext subjectAltName=IP:127.0.0.1';
  await promisify(execFile)('openssl', [...kind.split(' '), '-out', files.certFile, '-keyout', files.keyFile]);
  return files;
}
