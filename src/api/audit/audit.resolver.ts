import { Arg, Args, Ctx, Float, Query, Resolver } from 'type-graphql';
import type { Context } from '../graphql/context';
import { PageArguments } from '../graphql/paging.types';
import { type AuditRow, listAudits, requireViewAudits } from '../../access/audit/audit.queries';
import { AuditFilterInput, AuditRecord, AuditRecordConnection, AuditVerification } from './audit.types';
import { verifyAudit } from '../../access/audit/verifyAudit';

@Resolver(() => AuditRecord)
export class AuditResolver {
  @Query(() => AuditRecordConnection, {
    nullable: true,
    description:
      'Audit records, newest first: actions and refused attempts, with their actors. Requires the account permission VIEW_AUDITS. Errors: FORBIDDEN, INVALID_INPUT.',
  })
  async audits(
    @Arg('filters', () => [AuditFilterInput], { nullable: true, description: 'Filters that must all match.' })
    filters: InstanceType<typeof AuditFilterInput>[] | null,
    @Arg('search', () => String, {
      nullable: true,
      description: 'Part of the name of the actor or the object, ignoring case; up to 200 characters.',
    })
    search: string | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    const found = await listAudits(app, actor, filters ?? [], page, search);
    return {
      pageInfo: found.pageInfo,
      nodes: found.nodes.map(show),
      edges: found.edges.map((edge) => ({ ...edge, node: show(edge.node) })),
    };
  }

  @Query(() => AuditVerification, {
    nullable: true,
    description:
      'Verifies the chain of audit records by recomputing it. Requires the account permission VIEW_AUDITS. Errors: FORBIDDEN, INVALID_INPUT.',
  })
  verifyAudit(
    @Arg('from', () => Float, { nullable: true, description: 'First sequence to check. Defaults to 1.' }) from:
      | number
      | null,
    @Ctx() { app, actor }: Context,
  ): Promise<object> {
    requireViewAudits(actor);
    return verifyAudit(app, from);
  }
}

const show = ({
  actorKind,
  actorId,
  actorName,
  actorPersonId,
  objectKind,
  objectId,
  objectName,
  applicationId,
  ...row
}: AuditRow) => ({
  ...row,
  actor: { kind: actorKind, id: actorId, name: actorName, personId: actorPersonId },
  object: objectKind === null ? null : { kind: objectKind, id: objectId, name: objectName, applicationId },
});
