import type { Fault } from '../../../dev/firehose/faults.ts';
import type { Stack } from '../../../dev/stack/stack.ts';

/** Runs `during` while the Firehose of the stack goes wrong as scripted; resolves with how often each fault has struck. */
export async function withFirehoseFaults(
  { addresses }: Stack,
  faults: readonly Fault[],
  during: () => Promise<void>,
): Promise<readonly number[]> {
  const url = `${addresses.firehose.endpoint}/_control/faults`;
  const ask = async (method: string, body?: string): Promise<readonly { readonly struck: number }[]> => {
    const answer = await fetch(url, { method, ...(body ? { body } : {}) });
    if (!answer.ok) throw new Error(`the stand-in answers ${answer.status}: ${await answer.text()}`);
    return JSON.parse(await answer.text());
  };
  await ask('PUT', JSON.stringify(faults));
  try {
    await during();
    return (await ask('GET')).map(({ struck }) => struck);
  } finally {
    await ask('DELETE');
  }
}
