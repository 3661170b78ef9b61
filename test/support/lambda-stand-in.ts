// AWS Lambda's Invoke over HTTP, as its API reference gives it, for functions in Python that this machine runs.

import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const MAX_PAYLOAD_BYTES = 6_291_556;
const RUN = `
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("function", sys.argv[1])
module = importlib.util.module_from_spec(spec)
try:
    spec.loader.exec_module(module)
    print(json.dumps(module.handler(json.load(sys.stdin), None)))
except Exception as error:
    print(json.dumps({"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []}))
    sys.exit(1)
`;

export interface LambdaStandIn {
  readonly endpoint: string;
  /** How many calls each function has had. */
  readonly calls: ReadonlyMap<string, number>;
  close(): void;
}

/** Functions by name: the path of a Python file with `handler`, or an error of Lambda for the first `times` calls. */
export async function startLambda(
  functions: Readonly<
    Record<
      string,
      { readonly file: string; readonly error?: string; readonly status?: number; readonly times?: number }
    >
  >,
): Promise<LambdaStandIn> {
  const calls = new Map<string, number>();
  const server = createServer((request, response) => {
    const [, name = ''] =
      /^\/2015-03-31\/functions\/([^/?]+)\/invocations/.exec(decodeURIComponent(request.url ?? '')) ?? [];
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const refuse = (status: number, type: string, message: string) =>
        response
          .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
          .end(JSON.stringify({ Type: 'User', Message: message, message }));
      const called = (calls.get(name) ?? 0) + 1;
      calls.set(name, called);
      const known = functions[name];
      const payload = Buffer.concat(parts);
      if (!known) return refuse(404, 'ResourceNotFoundException', `Function not found: ${name}`);
      if (payload.length > MAX_PAYLOAD_BYTES) return refuse(413, 'RequestTooLargeException', 'too large');
      if (known.error && called <= (known.times ?? Infinity)) {
        return refuse(known.status ?? 500, known.error, 'Rate Exceeded.');
      }
      const child = execFile(
        'python3',
        ['-c', RUN, known.file],
        { maxBuffer: 64 * 1024 * 1024 },
        (error, stdout) => {
          response
            .writeHead(200, {
              'content-type': 'application/json',
              'x-amz-executed-version': '$LATEST',
              ...(error ? { 'x-amz-function-error': 'Unhandled' } : {}),
            })
            .end(stdout.trim());
        },
      );
      return child.stdin?.on('error', () => {}).end(payload);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    calls,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
