import type { Counter, Gauge, Histogram, Metric, OpenMetricsContentType, Registry } from 'prom-client';

type PromClient = typeof import('prom-client');

/** Content types of the two formats that Prometheus reads. */
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

interface Described {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** A value that is read at each scrape. */
export interface Sampled {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Metrics of one server. Created only if a scraper can read them. */
export class Metrics {
  constructor(
    private readonly client: PromClient,
    private readonly registry: Registry,
  ) {}

  counter({ name, help, labels = [] }: Described): Counter {
    return new this.client.Counter({ name, help, labelNames: labels, registers: [this.registry] });
  }

  histogram({ name, help, labels = [] }: Described, buckets: readonly number[]): Histogram {
    return new this.client.Histogram({
      ...{ name, help, labelNames: labels, registers: [this.registry] },
      buckets: [...buckets],
    });
  }

  /** A gauge or counter with the values that `read` returns at each scrape. One that fails has no values. */
  sampled(
    kind: 'Counter' | 'Gauge',
    { name, help, labels = [] }: Described,
    read: () => Promise<readonly Sampled[]>,
  ): void {
    async function collect(this: Counter | Gauge): Promise<void> {
      const values = await read().catch(() => []);
      this.reset();
      if (labels.length === 0) this.remove();
      for (const { labels: given = {}, value } of values) this.inc(given, value);
    }
    const described = { name, help, labelNames: labels, registers: [this.registry], collect };
    if (kind === 'Gauge') new this.client.Gauge(described);
    else new this.client.Counter(described);
  }

  /** Everything in the format that the scraper prefers. */
  async answer(accept = ''): Promise<{ readonly type: string; readonly text: string }> {
    if (!accept.includes('application/openmetrics-text'))
      return { type: PROMETHEUS, text: await this.registry.metrics() };
    const registry = new this.client.Registry<OpenMetricsContentType>();
    registry.setContentType(this.client.Registry.OPENMETRICS_CONTENT_TYPE);
    for (const metric of this.registry.getMetricsAsArray()) registry.registerMetric(openMetricOf(metric));
    return { type: OPEN_METRICS, text: await registry.metrics() };
  }
}

/** A registry for OpenMetrics renames its counters, so it gets copies. */
function openMetricOf(metric: unknown): Metric {
  const { type, name: given, get } = metric as { type: string; name: string; get(): Promise<object> };
  const name = type === 'counter' ? given.replace(/_total$/, '') : given;
  const copy = { type, name, get: async () => ({ ...(await get.call(metric)), name }) };
  return copy as unknown as Metric;
}

/** Metrics with those of Node. The library is loaded here, so a server without metrics does not load it. */
export async function createMetrics(): Promise<Metrics> {
  const client = await import('prom-client');
  const registry = new client.Registry();
  client.collectDefaultMetrics({ register: registry });
  return new Metrics(client, registry);
}
