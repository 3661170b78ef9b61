import type { StartConfig } from '../config/compile.ts';
import type { KafkaSettings } from '../topology/kafka/settings.ts';
import { mskToken } from './msk-token.ts';
import { clientToken, fileToken } from './oauth-token.ts';

/** The configured brokers as the engine takes them: with a way to the tokens where they are what lets us in. */
export function kafkaSettings({ sasl, ...others }: StartConfig['kafka']): KafkaSettings {
  switch (sasl?.mechanism) {
    case undefined:
      return others;
    case 'oauthbearer':
      return { ...others, sasl: { mechanism: 'oauthbearer', token: oauthToken(sasl.tokens) } };
    case 'aws-msk-iam':
      return { ...others, sasl: { mechanism: 'oauthbearer', token: mskToken(sasl) } };
    default:
      return { ...others, sasl };
  }
}

type Tokens = Extract<NonNullable<StartConfig['kafka']['sasl']>, { mechanism: 'oauthbearer' }>['tokens'];

const oauthToken = (tokens: Tokens) =>
  tokens.path === undefined ? clientToken(tokens) : fileToken(tokens.path);
