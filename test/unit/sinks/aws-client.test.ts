import { FirehoseClient } from '@aws-sdk/client-firehose';
import { describe, expect, it } from 'vitest';
import { clientSettings } from '../../../src/sinks/aws-client.ts';

describe('what clients of AWS are made with', () => {
  it('lets a client write into its credentials, and leaves those of the frozen configuration alone', async () => {
    const credentials = Object.freeze({ accessKeyId: 'AKIALOCAL', secretAccessKey: 'secret' });
    const client = new FirehoseClient(clientSettings({ region: 'eu-west-1', credentials }));
    await expect(client.config.credentials()).resolves.toMatchObject(credentials);
    client.destroy();
  });

  it('names no endpoint and no credentials where none are given, so that the SDK finds its own', () => {
    const settings = clientSettings({ region: 'eu-west-1', endpoint: undefined, credentials: undefined });
    expect(Object.keys(settings)).toEqual(['region', 'maxAttempts', 'requestHandler']);
  });

  it('gives a client as many sockets as it may have requests at once', () => {
    const agent = { maxSockets: 64, keepAlive: true };
    const { requestHandler } = clientSettings({ region: 'eu-west-1' }, { maxSockets: 64 });
    expect(requestHandler).toEqual({ connectionTimeout: 5_000, httpAgent: agent, httpsAgent: agent });
  });
});
