import { randomBytes } from 'node:crypto';
import type { Attributes, Tracer } from '@opentelemetry/api';
import type { NodeTracerProvider, SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { TracePlace } from '../contract/traceIds';
import type { Log } from './log';

type Api = typeof import('@opentelemetry/api');

/** A span that has ended. */
export interface EndedSpan {
  readonly name: string;
  /** True for the handling of a request. */
  readonly server?: boolean;
  readonly traceId: string;
  readonly spanId: string;
  /** Span that it belongs to. Null for the root of its trace. */
  readonly parentId: string | null;
  /** False if the caller of a request decided against recording. Otherwise the sampler decides. */
  readonly sampled?: boolean;
  readonly start: Date;
  readonly end: Date;
  readonly attributes: Attributes;
  /** Why it failed; null if it did not. */
  readonly failure: string | null;
  readonly links?: readonly TracePlace[];
}

interface Settings {
  readonly OTEL_SDK_DISABLED: boolean;
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  readonly OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string | undefined;
  readonly OTEL_SERVICE_NAME?: string | undefined;
}

/** Maximum time that a stop waits for the last spans to be sent. */
const FLUSH_MS = 3_000;

/**
 * Sends spans to an OpenTelemetry collector, in batches and in the background. Spans are made when they end, with
 * the IDs and times of stored rows, so a restart between start and end changes nothing.
 */
export class Tracing {
  private next: { readonly traceId: string; readonly spanId: string } = { traceId: '', spanId: '' };
  private readonly tracer: Tracer;

  constructor(
    private readonly api: Api,
    provide: (ids: { generateTraceId(): string; generateSpanId(): string }) => NodeTracerProvider,
    private readonly collector: Collector,
  ) {
    this.provider = provide({ generateTraceId: () => this.next.traceId, generateSpanId: () => this.next.spanId });
    this.tracer = this.provider.getTracer('slipway');
  }

  private readonly provider: NodeTracerProvider;

  /** The sampler's decision, the same for all spans of a trace. */
  sampled(traceId: string): boolean {
    this.next = { traceId, spanId: '0'.repeat(16) };
    return this.tracer.startSpan('', { root: true }, this.api.ROOT_CONTEXT).isRecording();
  }

  emit(span: EndedSpan): void {
    const { name, traceId, spanId, parentId, start, end, attributes, failure, links = [] } = span;
    if (span.sampled === false || !this.sampled(traceId)) return;
    const { trace, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags } = this.api;
    const parent =
      parentId === null
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId: parentId, traceFlags: TraceFlags.SAMPLED });
    this.next = { traceId, spanId };
    const made = this.tracer.startSpan(
      name,
      {
        root: parentId === null,
        kind: span.server ? SpanKind.SERVER : SpanKind.INTERNAL,
        startTime: start,
        attributes,
        links: links.map((link) => ({
          context: { traceId: link.traceId, spanId: link.spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true },
        })),
      },
      parent,
    );
    if (failure !== null) made.setStatus({ code: SpanStatusCode.ERROR, message: failure });
    made.end(end);
  }

  /**
   * Sends the remaining spans. A collector that does not respond delays the stop by a few seconds at most, and not at
   * all if it did not respond before.
   */
  async stop(): Promise<void> {
    if (this.collector.isDown) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FLUSH_MS);
    });
    await Promise.race([this.provider.shutdown().catch(() => undefined), late]);
    clearTimeout(timer);
  }
}

export const newSpanId = (): string => randomBytes(8).toString('hex');
export const newTraceId = (): string => randomBytes(16).toString('hex');

/**
 * Undefined if no collector is configured. The libraries are loaded here, so a program without tracing does not load
 * them. They read the other standard variables themselves.
 */
export async function createTracing(serviceName: string, settings: Settings, log: Log): Promise<Tracing | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = settings;
  if (settings.OTEL_SDK_DISABLED || (base === undefined && own === undefined)) return undefined;
  const [api, { BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }, resources] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('@opentelemetry/resources'),
  ]);
  const url = own ?? `${base?.replace(/\/+$/, '')}/v1/traces`;
  const collector = new Collector(new OTLPTraceExporter({ url }), log, new URL(url).host);
  // While spans are lost, the libraries report each failed batch.
  const report = rarely((message) => {
    if (!collector.isDown) log.warn({ message }, 'the tracing libraries report a problem');
  });
  api.diag.setLogger(
    { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: api.DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const given = resources.detectResources({ detectors: [resources.envDetector, resources.hostDetector] });
  const resource = resources
    .defaultResource()
    .merge(given)
    .merge(resources.resourceFromAttributes({ 'service.name': settings.OTEL_SERVICE_NAME ?? serviceName }));
  return new Tracing(
    api,
    (idGenerator) =>
      new NodeTracerProvider({
        resource,
        idGenerator,
        spanProcessors: [new BatchSpanProcessor(collector)],
      }),
    collector,
  );
}

/** Sends batches, and logs once that they fail, and once that they arrive again. */
class Collector implements SpanExporter {
  isDown = false;
  private lost = 0;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly log: Log,
    private readonly host: string,
  ) {}

  export(...[spans, done]: Parameters<SpanExporter['export']>): void {
    this.exporter.export(spans, (result) => {
      if (result.code === SUCCESS) this.answered();
      else this.failed(spans.length, result.error?.message ?? 'unknown error');
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  private failed(spans: number, message: string): void {
    this.lost += spans;
    const fields = { collector: this.host, lost: this.lost, message: message.slice(0, 300) };
    if (this.isDown) this.log.debug(fields, 'traces still cannot be sent');
    else this.log.warn(fields, 'traces could not be sent; their spans are lost until the collector responds again');
    this.isDown = true;
  }

  private answered(): void {
    if (!this.isDown) return;
    this.log.info({ collector: this.host, lost: this.lost }, 'traces are sent again');
    this.isDown = false;
    this.lost = 0;
  }
}

/** `ExportResultCode.SUCCESS` of a library that is loaded only with tracing. */
const SUCCESS = 0;
const ignore = () => undefined;
const QUIET_MS = 60_000;

/** Passes on one message a minute: libraries must not fill the log. */
function rarely(report: (message: string) => void): (message: string) => void {
  let quietUntil = Number.NEGATIVE_INFINITY;
  return (message) => {
    const now = performance.now();
    if (now < quietUntil) return;
    quietUntil = now + QUIET_MS;
    report(message.slice(0, 300));
  };
}
