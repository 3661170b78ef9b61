import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConfigFile, configFileOf } from '../../../../src/config/file/read-config.ts';

/** A folder of its own for configuration files and what they name. */
export class ConfigFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'darkroom-config-'));

  write(file: string, content: string, mode = 0o644): string {
    const path = join(this.path, file);
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  }

  /** Reads a file of that content, as a start does. */
  async read(content: string, file = 'darkroom.yaml', env: Record<string, string> = {}): Promise<ConfigFile> {
    const path = this.write(file, content);
    const read = await configFileOf({ ...env, DARKROOM_CONFIG: path }, { withSecrets: true });
    if (!read) throw new Error(`${path} was not taken for a configuration file`);
    return read;
  }

  /** What is wrong with a file of that content, the folder cut off. */
  async problems(content: string, file?: string, env?: Record<string, string>): Promise<string[]> {
    const { problems } = await this.read(content, file, env);
    return problems.map((problem) => problem.replaceAll(`${this.path}/`, ''));
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
