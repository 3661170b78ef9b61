import { type AwsPlace, clientPlace } from '../sinks/aws-client.ts';

/** As clients of S3 take it; an endpoint that is not AWS wants the bucket in the path. */
export const s3Place = (place: AwsPlace) => ({
  ...clientPlace(place),
  ...(place.endpoint === undefined ? {} : { forcePathStyle: true }),
});
