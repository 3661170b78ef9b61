/** The part of the configuration that says where S3 is, and who asks. */
export interface S3Configuration {
  readonly region: string;
  readonly endpoint: string | undefined;
  readonly credentials:
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
    | undefined;
}

/** As clients take it; an endpoint that is not AWS wants the bucket in the path. */
export const s3Place = ({ region, endpoint, credentials }: S3Configuration) => ({
  region,
  ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
  ...(credentials ? { credentials: { ...credentials } } : {}),
});
