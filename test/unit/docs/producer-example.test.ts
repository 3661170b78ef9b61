import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const FOLDER = fileURLToPath(new URL('../../../examples/producers/python', import.meta.url));
/** Reads a place as the example does, without its Kafka client: test/integration/external-forms.test.ts has that. */
const READ = `
import sys, unittest.mock
for name in ("", ".schema_registry", ".schema_registry.avro", ".serialization"):
    sys.modules["confluent_kafka" + name] = unittest.mock.MagicMock()
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import send_image
print(send_image.as_reference("acme", "one", sys.argv[2])[0].decode())
`;
const read = (place: string): unknown =>
  JSON.parse(execFileSync('python3', ['-c', READ, FOLDER, place], { encoding: 'utf8' }));

describe('the producer example in Python', () => {
  it.each(['cat #1?.jpg', 'a/b//c%20d.jpg', 'x;y=z&é.jpg'])(
    'refers to the object %s by its whole key',
    (key) => {
      expect(read(`s3://1st-bucket/${key}`)).toEqual({ bucket: '1st-bucket', key });
    },
  );

  it('leaves the address of what is not in S3 as it is', () => {
    const url = 'https://a.example/cat%20.jpg?size=9#s3://';
    expect(read(url)).toEqual({ url });
  });
});
