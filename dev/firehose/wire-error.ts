/** Errors as Firehose answers them, with their HTTP status. A 503 or 500, and both kinds of throttling, are to be sent again. */
export const STATUS_OF = {
  InternalFailure: 500,
  InvalidArgumentException: 400,
  LimitExceededException: 400,
  MissingAuthenticationTokenException: 400,
  RequestEntityTooLargeException: 413,
  ResourceNotFoundException: 400,
  SerializationException: 400,
  ServiceUnavailableException: 503,
  ThrottlingException: 400,
  UnknownOperationException: 400,
  UnrecognizedClientException: 400,
  ValidationException: 400,
} as const;

export type WireErrorType = keyof typeof STATUS_OF;

/** Refuses a request: `{"__type":…,"message":…}` with the status of its type. */
export class WireError extends Error {
  readonly type: WireErrorType;

  constructor(type: WireErrorType, message: string) {
    super(message);
    this.name = 'WireError';
    this.type = type;
  }
}
