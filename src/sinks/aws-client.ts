/** Where a service of AWS is, and who asks it. */
export interface AwsPlace {
  /** Where the service is, when it is not AWS. */
  readonly endpoint?: string;
  readonly region: string;
  /** Not given: the SDK's own chain (environment, profile, role of the instance or pod). */
  readonly credentials?: AwsKey;
}

export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const CONNECT_TIMEOUT_MS = 5_000;

/** As the SDK's clients take it. They write into the credentials, which are a copy therefore. */
export const clientPlace = ({ endpoint, region, credentials }: AwsPlace) => ({
  region,
  ...(endpoint === undefined ? {} : { endpoint }),
  ...(credentials === undefined ? {} : { credentials: { ...credentials } }),
});

/** Of a client whose user repeats what fails, for as long as it takes: the SDK's own attempts are over in 70 ms. */
export const clientSettings = (place: AwsPlace, { maxSockets }: { readonly maxSockets?: number } = {}) => ({
  ...clientPlace(place),
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: CONNECT_TIMEOUT_MS,
    ...(maxSockets === undefined
      ? {}
      : { httpAgent: { maxSockets, keepAlive: true }, httpsAgent: { maxSockets, keepAlive: true } }),
  },
});
