import type { ComponentType } from 'react';
import type { AccountPermissionType } from '../../client/generated';
import type { IconName } from '../parts/Icon';

export interface ConsolePage {
  /** Path with parameters, such as `/runs/:id`. */
  readonly path: string;
  readonly title: string;
  /** Group in the navigation. Pages without one are reached from others. */
  readonly group?: 'Deliver' | 'Operate' | 'Configure';
  readonly icon?: IconName;
  /** Second key of the shortcut that opens it, after `g`. */
  readonly key?: string;
  /** Permission in the account without which the navigation does not offer it. */
  readonly needs?: AccountPermissionType;
  /** A chunk of its own, whose default export is the page. */
  readonly load: () => Promise<{ readonly default: ComponentType }>;
}

/** Every page of the console, in the order of the navigation. The first path that matches wins. */
export const pages: readonly ConsolePage[] = [
  {
    path: '/',
    title: 'Deployed',
    group: 'Deliver',
    icon: 'deployed',
    key: 'd',
    load: () => import('../views/deployed/Deployed'),
  },
  { path: '/runs', title: 'Runs', group: 'Deliver', icon: 'runs', key: 'r', load: () => import('../views/runs/Runs') },
  { path: '/runs/:id', title: 'Run', load: () => import('../views/run/Run') },
  { path: '/jobs/:id/log', title: 'Log', load: () => import('../views/log/Log') },
  {
    path: '/start',
    title: 'Start',
    group: 'Deliver',
    icon: 'start',
    key: 's',
    load: () => import('../views/start/Start'),
  },
  {
    path: '/approvals',
    title: 'Approvals',
    group: 'Deliver',
    icon: 'approvals',
    key: 'a',
    load: () => import('../views/approvals/Approvals'),
  },
  {
    path: '/artifacts',
    title: 'Artifacts',
    group: 'Deliver',
    icon: 'artifacts',
    key: 'f',
    load: () => import('../views/artifacts/Artifacts'),
  },
  {
    path: '/compare',
    title: 'Compare',
    group: 'Deliver',
    icon: 'compare',
    key: 'c',
    load: () => import('../views/compare/Compare'),
  },
  {
    path: '/queue',
    title: 'Queue',
    group: 'Operate',
    icon: 'queue',
    key: 'q',
    load: () => import('../views/queue/Queue'),
  },
  {
    path: '/agents',
    title: 'Agents',
    group: 'Operate',
    icon: 'agents',
    key: 'n',
    load: () => import('../views/agents/Agents'),
  },
  { path: '/agents/:id', title: 'Agent', load: () => import('../views/agents/Agent') },
  {
    path: '/audit',
    title: 'Audit',
    group: 'Operate',
    icon: 'audit',
    key: 'l',
    needs: 'VIEW_AUDITS',
    load: () => import('../views/audit/Audit'),
  },
  {
    path: '/definitions',
    title: 'Definitions',
    group: 'Configure',
    icon: 'definitions',
    key: 'e',
    load: () => import('../views/definitions/Definitions'),
  },
  { path: '/definitions/new', title: 'New definition', load: () => import('../views/definitions/NewDefinition') },
  { path: '/definitions/:id', title: 'Definition', load: () => import('../views/definitions/Definition') },
  {
    path: '/triggers',
    title: 'Triggers',
    group: 'Configure',
    icon: 'robot',
    key: 't',
    load: () => import('../views/triggers/Triggers'),
  },
  {
    path: '/settings',
    title: 'Settings',
    group: 'Configure',
    icon: 'settings',
    key: 'i',
    load: () => import('../views/settings/Settings'),
  },
  { path: '/settings/:section/:id?', title: 'Settings', load: () => import('../views/settings/Settings') },
];
