import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { freePort, isFree } from './ports';

/** Ports of the shop's environments: `staging` → `WEB_PORT` → 4110. */
export type Ports = Map<string, Map<string, number>>;

/**
 * Documents of examples/shop. If another program on this machine (such as a demo in another folder) uses one of their
 * ports, that environment gets a free port. A port where an earlier release of this demo responds stays.
 */
export async function shopDefinitions(
  root: string,
  target: string,
): Promise<{ source: string; ports: Ports; moved: string[] }> {
  const documents = parseAllDocuments(readFileSync(join(root, 'examples/shop/slipway.yaml'), 'utf8'));
  const ports: Ports = new Map();
  const moved: string[] = [];
  for (const document of documents) {
    if (document.get('kind') !== 'Environment') continue;
    const name = String(document.get('name'));
    const variables = (document.toJS() as { variables: Record<string, string> }).variables;
    const own = new Map<string, number>();
    for (const [variable, value] of Object.entries(variables)) {
      if (!variable.endsWith('_PORT')) continue;
      const service = variable.slice(0, -'_PORT'.length).toLowerCase();
      const used = usedBefore(target, name, service);
      const port = used ?? ((await isFree(Number(value))) ? Number(value) : await freePort());
      if (port !== Number(value)) {
        document.setIn(['variables', variable], String(port));
        if (used === undefined) moved.push(`${name}: ${service} at ${port}, since ${value} is taken`);
      }
      own.set(variable, port);
    }
    ports.set(name, own);
  }
  return { source: documents.map(String).join(''), ports, moved };
}

/** True if an earlier release of this demo still runs and listens on that port. */
function usedBefore(target: string, environment: string, service: string): number | undefined {
  try {
    const file = join(target, environment, service, 'process.json');
    const { pid, port } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; port: number };
    process.kill(pid, 0);
    return port;
  } catch {
    // The file or the process doesn't exist, so the port isn't used by this demo.
    return undefined;
  }
}
