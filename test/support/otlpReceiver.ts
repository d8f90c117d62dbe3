import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';

export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly start: bigint;
  readonly end: bigint;
  readonly links: readonly string[];
  readonly failed: boolean;
}

/** Takes OTLP over HTTP, as an OpenTelemetry collector does, and decodes its protobuf. */
export async function startOtlpReceiver() {
  const spans: ReceivedSpan[] = [];
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    if (request.url === '/v1/traces' && request.headers['content-type'] === 'application/x-protobuf') {
      spans.push(...fields(body, 1).flatMap(spansOf));
    }
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function spansOf(resourceSpans: Buffer): ReceivedSpan[] {
  const attributes = fields(resourceSpans, 1).flatMap((resource) => fields(resource, 1));
  const named = attributes.find((one) => text(one, 1) === 'service.name');
  const service = named === undefined ? '' : text(fields(named, 2)[0] ?? empty, 1);
  return fields(resourceSpans, 2)
    .flatMap((scope) => fields(scope, 2))
    .map((span) => ({
      service,
      name: text(span, 5),
      ...{ traceId: hex(span, 1), spanId: hex(span, 2), parentId: hex(span, 4) },
      ...{ start: time(span, 7), end: time(span, 8) },
      links: fields(span, 13).map((link) => `${hex(link, 1)} ${hex(link, 2)}`),
      failed: fields(span, 15).some((status) => fields(status, 3)[0]?.[0] === 2),
    }));
}

const empty = Buffer.alloc(0);
const text = (message: Buffer, field: number) => (fields(message, field)[0] ?? empty).toString();
const hex = (message: Buffer, field: number) => (fields(message, field)[0] ?? empty).toString('hex');
const time = (message: Buffer, field: number) => (fields(message, field)[0] ?? Buffer.alloc(8)).readBigUInt64LE();

/** Values of a field, undecoded; a number as its bytes. */
function fields(message: Buffer, wanted: number): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const kind = tag & 7;
    const begin = at;
    let value: Buffer;
    if (kind === 0) value = Buffer.from([varint()]);
    else {
      const length = kind === 2 ? varint() : kind === 1 ? 8 : 4;
      value = message.subarray(at, at + length);
      at += length;
    }
    if (at === begin) throw new Error('not protobuf');
    if (tag >> 3 === wanted) found.push(value);
  }
  return found;
}
