import { mkdir } from 'node:fs/promises';
import { tryConfig } from '../config/compile.ts';
import { configFileOf } from '../config/file/read-config.ts';
import { checkWatermarks, createDarkroom, imagesAtOnce } from '../processors/index.ts';
import { createRemoteSteps } from '../remote-steps/remote-steps.ts';
import { createFilesystemStore } from '../sinks/filesystem.ts';
import { developFiles } from './develop-files.ts';
import { type FileResult, plural } from './file-result.ts';
import { findFiles } from './find-files.ts';
import { type TryOptions, withConfig } from './options.ts';
import { pipelinesOf, withDefault } from './pipeline-of.ts';
import { Failure, ProgressLine, type Terminal, UsageError } from './terminal.ts';
import { TryTable } from './try-table.ts';
import { writeReport } from './write-report.ts';

/** Develops the files of `paths`; throws UsageError for missing ones, Failure when an image failed by our fault. */
export async function tryFiles(
  paths: readonly string[],
  options: TryOptions,
  terminal: Terminal,
): Promise<void> {
  const env = withConfig(terminal.env, options.config);
  const { topics, processing } = tryConfig(env, await configFileOf(env, { withSecrets: true }));
  const configured = pipelinesOf(processing.pipelines, options.plugin ?? processing.plugin);
  const pipelines = options.pipeline === undefined ? configured : withDefault(configured, options.pipeline);
  const files = await findFiles(paths, { except: options.out });
  await mkdir(options.out, { recursive: true }).catch((error: Error) => {
    throw new UsageError(
      `cannot write into ${options.out}: ${error.message}. What to do: name another folder with --out`,
    );
  });
  await checkWatermarks(pipelines);
  const remoteSteps = createRemoteSteps({ env: terminal.env });
  const darkroom = createDarkroom({
    remoteSteps,
    workers: processing.workers,
    deadlineMs: processing.deadlineMs,
    workerMemoryBytes: processing.workerMemoryBytes,
    workerImages: processing.workerImages,
    limits: processing.limits,
    pipelines,
  });
  const results: FileResult[] = [];
  const table = options.json
    ? undefined
    : new TryTable(
        terminal,
        files.map(({ path }) => path),
      );
  const progress = new ProgressLine(terminal);
  const startedMs = performance.now();
  try {
    const archive = createFilesystemStore({ folder: options.out });
    await developFiles(files, {
      darkroom,
      pipelines,
      workers: imagesAtOnce(processing.workers, pipelines),
      topics,
      maxImageBytes: processing.limits.maxBytes,
      memoryBudgetBytes: processing.memoryBudgetBytes,
      archive,
      out: options.out,
      stop: terminal.stop,
      onResult: (result) => {
        results.push(result);
        progress.clear();
        if (table) table.add(result);
        else terminal.out(`${JSON.stringify(result)}\n`);
        progress.show(`${results.length} of ${plural(files.length, 'file')}`);
      },
    });
  } catch (error) {
    if (terminal.stop.aborted)
      throw new Failure(`stopped after ${results.length} of ${plural(files.length, 'file')}`);
    throw error;
  } finally {
    progress.clear();
    await darkroom.close();
    remoteSteps.close();
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const report = await writeReport(results, options.out, seconds);
  table?.finish(report, seconds);
  const failed = results.filter(({ outcome }) => outcome === 'failed').length;
  if (failed > 0)
    throw new Failure(`${failed} of ${plural(results.length, 'file')} failed; ${report} says why`);
}
