import { printTable, rounded } from './figures.ts';
import type { BenchRecord, Lab } from './lab.ts';
import {
  alone,
  cpu,
  kept,
  type Measured,
  measure,
  PARTITIONS,
  rate,
  recordsOf,
  shown,
  together,
} from './measured.ts';
import { inFolder, makePhotographs, writeImages } from './photographs.ts';
import { nodeProgram, Subject, startDarkroom } from './subject.ts';

export interface ImagesOptions {
  readonly images: number;
  /** Each measures everything once, so that a machine that is now faster, now slower is so for all. */
  readonly rounds: number;
}

/** Broker and S3 begin cold, which would be the first subject's loss. */
const WARM_UP_IMAGES = 40;

/** Images a second and CPU an image of the running service, against sharp alone and against a plain KafkaJS service. */
export async function benchImages(lab: Lab, { images, rounds }: ImagesOptions): Promise<object> {
  return inFolder(async (folder) => {
    const photographs = await makePhotographs(images, 4000, 3000);
    const bytes = photographs.reduce((sum, photograph) => sum + photograph.length, 0);
    process.stdout.write(
      `\nimages: ${images} JPEG photographs of 4000 × 3000, ${rounded(bytes / images / 1e6, 2)} MB each; renditions 1024, 512, 256 (JPEG q80)\n`,
    );
    const files = await writeImages(folder, photographs.slice(0, 60), 'jpg');
    await darkroom(lab, photographs.slice(0, WARM_UP_IMAGES), 'inline', 'warm-up');
    const all: Measured[] = [];
    for (let round = 1; round <= rounds; round++) {
      all.push(
        await alone('raw sharp, three pipelines', 'raw-sharp.ts', 'three-pipelines', ...files),
        await alone('raw sharp, decode once', 'raw-sharp.ts', 'decode-once', ...files),
        await darkroom(lab, photographs, 'inline', `inline-${round}`),
        await darkroom(lab, photographs, 'reference', `reference-${round}`),
        await eachMessage(lab, photographs, false, `in-turn-${round}`),
        await eachMessage(lab, photographs, true, `at-once-${round}`),
      );
    }
    return summarise([...Map.groupBy(all, ({ name }) => name).values()].map(together));
  });
}

async function darkroom(
  lab: Lab,
  photographs: readonly Buffer[],
  way: 'inline' | 'reference',
  run: string,
): Promise<Measured> {
  const name = `darkroom-${run}`;
  const topics = await lab.serviceTopics(name, PARTITIONS);
  const records = await recordsOf(lab, photographs, way, name);
  const subject = startDarkroom(lab.stack.environment(), topics);
  const measured = await measure(subject, `darkroom start, ${way}`, lab, topics.stream, records);
  const written = await lab.written(topics.stats);
  if (written < photographs.length)
    throw new Error(`${written} events on ${topics.stats}, not ${photographs.length}`);
  return measured;
}

async function eachMessage(
  lab: Lab,
  photographs: readonly Buffer[],
  atOnce: boolean,
  run: string,
): Promise<Measured> {
  const name = `peer-${run}`;
  const [topicIn, topicOut] = [
    await lab.topic(`${name}-in`, PARTITIONS),
    await lab.topic(`${name}-out`, PARTITIONS),
  ];
  const { kafka, s3 } = lab.stack.addresses;
  const subject = new Subject(nodeProgram('peers/each-message.ts'), {
    BROKERS: kafka,
    TOPIC_IN: topicIn,
    TOPIC_OUT: topicOut,
    S3_ENDPOINT: s3.endpoint,
    S3_BUCKET: s3.bucket,
    AWS_REGION: s3.region,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    AT_ONCE: atOnce ? '1' : '0',
  });
  const records = photographs.map((value): BenchRecord => ({ value }));
  return measure(
    subject,
    `KafkaJS eachMessage, ${atOnce ? 'Promise.all' : 'in turn'}`,
    lab,
    topicIn,
    records,
  );
}

function summarise(rows: readonly Measured[]): object {
  printTable('images/s, CPU and memory', rows.map(shown));
  const [three, once, inline, reference, inTurn, atOnce] = rows;
  if (!three || !once || !inline || !reference || !inTurn || !atOnce) throw new Error('a row is missing');
  const ratios = [inline, reference].map((service) => ({
    what: service.name,
    'CPU / sharp, three pipelines (≤ 1.10)': rounded(cpu(service) / cpu(three), 2),
    'CPU / sharp, decode once': rounded(cpu(service) / cpu(once), 2),
    'images/s / in turn (≥ 2)': rounded(rate(service) / rate(inTurn), 2),
    'images/s / Promise.all (≥ 1.5)': rounded(rate(service) / rate(atOnce), 2),
  }));
  printTable('ratios, with their targets', ratios);
  return { measured: rows.map(kept), ratios };
}
