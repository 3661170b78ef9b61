import type { Guarantee } from '../../src/topology/index.ts';
import { seededRandom, shuffled } from '../faults/harness/random.ts';
import type { Cluster } from './cluster.ts';
import { FAULTS, type Fault } from './faults.ts';
import { runRound } from './round.ts';
import { VARIANTS } from './topology.ts';

const FAULTS_A_ROUND = 4;
/** Parts the seeds of rounds from each other. */
const SEED_STEP = 7919;

export interface ChaosOptions {
  readonly rounds: number;
  readonly seed: number;
  /** The first round that is run; those before it are only drawn. */
  readonly first: number;
  readonly guarantee: Guarantee;
  /** Instead of those that the seed draws. */
  readonly faults?: readonly Fault[];
  readonly say: (line: string) => void;
}

export interface ChaosReport {
  readonly rounds: number;
  readonly missing: number;
  readonly double: number;
  readonly stateWrong: number;
  /** Processes that ended without our doing. */
  readonly surprises: number;
  /** What is wrong, in words, and how to see it again. */
  readonly notes: readonly string[];
}

/** Rounds of faults, one after another, each told with what came of it. */
export async function runChaos(cluster: Cluster, options: ChaosOptions): Promise<ChaosReport> {
  const { seed, first, rounds, say } = options;
  const deal = dealer(seededRandom(seed));
  const report = { rounds: 0, missing: 0, double: 0, stateWrong: 0, surprises: 0 };
  const told: string[] = [];
  for (let round = 1; round < first + rounds; round++) {
    const dealt = deal(FAULTS_A_ROUND);
    if (round < first) continue;
    const variant = VARIANTS[(round - 1) % VARIANTS.length] ?? 'plain';
    say(`round ${round}`);
    const { verdict, notes, surprises, inputs, outputs, folder } = await runRound(cluster, {
      run: `chaos-${seed}-${round}-${Date.now().toString(36)}`,
      variant,
      faults: options.faults ?? dealt,
      seed: seed + round * SEED_STEP,
      guarantee: options.guarantee,
      say,
    });
    const { missing, double, stateWrong } = verdict;
    say(
      `round ${round}: ${inputs} events, ${outputs} results, ${missing} missing, ${double} double, ${stateWrong} wrong`,
    );
    const lines = [...notes, ...surprises];
    if (lines.length > 0)
      lines.push(`logs and state are in ${folder}; again with --seed ${seed} --first ${round} --rounds 1`);
    for (const line of lines) say(line);
    told.push(...lines);
    report.rounds++;
    report.missing += missing;
    report.double += double;
    report.stateWrong += stateWrong;
    report.surprises += surprises.length;
  }
  return { ...report, notes: told };
}

/** Deals faults so that every kind has come before one comes again. */
function dealer(random: () => number): (count: number) => Fault[] {
  let deck: Fault[] = [];
  return (count) =>
    Array.from({ length: count }, () => {
      if (deck.length === 0) deck = shuffled(FAULTS, random);
      const [fault = 'kill'] = deck.splice(0, 1);
      return fault;
    });
}
