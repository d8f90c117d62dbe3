import { groupsOfUser, membersOfGroup } from '../../access/access.loaders';
import type { PageArguments } from '../../kernel/paging';
import type { Context } from '../graphql/context';
import type { Extension } from './extensionPart';
import { pageOf } from './pages';

/** Memberships as pages. In the one schema they are lists. */
export const memberships: Extension = {
  text: /* GraphQL */ `
    extend type User {
      "User groups that the user is a member of."
      userGroups(
        "Maximum number of nodes."
        limit: Int!
        "Number of nodes to skip."
        offset: Int
      ): UserGroupConnection
      "Subject of the user at the identity provider. Null until the first login."
      externalUserId: String
    }
    extend type UserGroup {
      "Members. Null without READ_USERS_AND_GROUPS."
      users(
        "Maximum number of nodes."
        limit: Int!
        "Number of nodes to skip."
        offset: Int
      ): UserConnection
    }
  `,
  resolvers: {
    User: {
      userGroups: async (user, page: PageArguments, { loaders }: Context) =>
        pageOf((await loaders.load(groupsOfUser, idOf(user))) ?? [], page),
      externalUserId: (user) => (user as { readonly identitySubject: string | null }).identitySubject,
    },
    UserGroup: {
      users: async (group, page: PageArguments, { loaders, actor }: Context) => {
        if (!actor.access.canInAccount('READ_USERS_AND_GROUPS')) return null;
        return pageOf((await loaders.load(membersOfGroup, idOf(group))) ?? [], page);
      },
    },
  },
};

const idOf = (row: unknown): string => (row as { readonly id: string }).id;
