import { Access } from '../src/access/access';
import type { AppGrant } from '../src/access/permission';
import { Rights } from '../src/access/rights';
import { newId } from '../src/kernel/ids';
import { type Bench, row } from './harness';

/**
 * Cost of permissions per request: a user with 500 permissions in 20 applications, checked 10,000 times against one
 * execution.
 */
export async function benchAbilities(_bench: Bench): Promise<void> {
  const applications = Array.from({ length: 20 }, newId);
  const environments = Array.from({ length: 25 }, newId);
  const permissions: AppGrant[] = applications.flatMap((applicationId) =>
    environments.map((environmentId) => ({
      permissionType: 'DEPLOYMENT',
      actions: ['READ', 'EXECUTE_PIPELINE'],
      applicationScope: 'IDS',
      applicationIds: [applicationId],
      environmentScope: 'IDS',
      environmentIds: [environmentId],
      environmentTypes: [],
    })),
  );
  const group = { id: newId(), name: 'many', accountPermissions: [], appPermissions: permissions };
  const execution = {
    id: newId(),
    applicationId: applications[7] ?? '',
    environments: [{ id: environments[11] ?? '', type: 'NON_PROD' as const }],
    kind: 'PIPELINE' as const,
    parentStageExecutionId: null,
  };
  for (const round of ['first', 'second']) {
    const begin = process.hrtime.bigint();
    const access = new Access(new Rights([group], false, null), null);
    const first = access.can('EXECUTE_PIPELINE', 'Execution', execution);
    const built = process.hrtime.bigint();
    let allowed = 0;
    for (let n = 0; n < 10_000; n++) if (access.can('EXECUTE_PIPELINE', 'Execution', execution)) allowed++;
    const asked = process.hrtime.bigint();
    if (!first || allowed !== 10_000) throw new Error('the permission was not found');
    const ms = (from: bigint, to: bigint) => (Number(to - from) / 1e6).toFixed(1);
    row(`${round}: ability of 500 permissions built and asked once, ms`, ms(begin, built));
    row(`${round}: asked 10,000 times, ms`, ms(built, asked));
  }
}
