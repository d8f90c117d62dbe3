import type { ReactNode } from 'react';
import styles from './Icon.module.css';

/** Outlines on a grid of 16, in the color of the text. */
const icons = {
  deployed: <path d="M2 3.5h5v4H2zm7 0h5v4H9zm-7 6h5v3H2zm7 0h5v3H9z" />,
  runs: <path d="M2.5 4h11M2.5 8h7m-7 4h4m5-2.6V14l3-2.3z" />,
  approvals: <path d="m5.5 8 2 2 4-4.5M8 1.8l5.5 2v4.4c0 3-2.3 5-5.5 6-3.2-1-5.5-3-5.5-6V3.8z" />,
  queue: <path d="M2.5 3h11v3h-11zm0 5h11m-11 2.5h11m-11 2.5h7" />,
  agents: <path d="M2.5 2.5h11v4.5h-11zm0 6.5h11v4.5h-11zM5 4.8v-.1m0 6.6v-.1" />,
  pause: <path d="M5 3v10M11 3v10" />,
  start: <path d="M4.5 2.6v10.8L13 8z" />,
  artifacts: <path d="m8 1.8 5.5 3v6.4L8 14.2l-5.5-3V4.8zM2.6 4.9 8 8m0 0 5.4-3.1M8 8v6" />,
  definitions: <path d="M3.5 1.8h6l3 3v9.4h-9zm2.5 6h4m-4 2.7h4M9.3 2v3h3" />,
  compare: <path d="M5.5 2v12M10.5 2v12M2 5h3.5M2 8h3.5m5 0H14m-3.5 3H14" />,
  audit: <path d="M8 4.5V8l2.4 1.6M8 14a6 6 0 1 1 6-6" />,
  settings: (
    <path d="M2 5h7m3.4 0H14M2 11h1.6M7 11h7M10.7 6.7a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4zm-5.4 6a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z" />
  ),
  api: <path d="m5.5 4.5-3.3 3.5 3.3 3.5m5-7 3.3 3.5-3.3 3.5" />,
  search: <path d="M7 11.8a4.8 4.8 0 1 0 0-9.6 4.8 4.8 0 0 0 0 9.6zm3.5-1.3 3.3 3.3" />,
  close: <path d="m3.5 3.5 9 9m0-9-9 9" />,
  copy: <path d="M5.5 5.5h8v8h-8zm-2 5h-1v-8h8v1" />,
  swap: <path d="M2.5 5.5h11m-3-3 3 3m-1 5h-10m3 3-3-3" />,
  check: <path d="m3 8.5 3.2 3.2L13 4.6" />,
  down: <path d="m4 6 4 4 4-4" />,
  right: <path d="m6 4 4 4-4 4" />,
  up: <path d="m4 10 4-4 4 4" />,
  more: <path d="M3.2 8h.1M8 8h.1m4.7 0h.1" strokeWidth="2" />,
  grip: <path d="M6 4h.1M10 4h.1M6 8h.1M10 8h.1M6 12h.1m3.9 0h.1" strokeWidth="2" />,
  minus: <path d="M3 8h10" />,
  plus: <path d="M8 3v10M3 8h10" />,
  help: <path d="M6 6.2a2 2 0 1 1 2.8 1.8c-.6.3-.8.6-.8 1.2m0 2.2v.1M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z" />,
  sun: (
    <path d="M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.3m0 10.4v1.3M1.5 8h1.3m10.4 0h1.3M3.4 3.4l.9.9m7.4 7.4.9.9m0-9.2-.9.9m-7.4 7.4-.9.9" />
  ),
  moon: <path d="M13.5 9.5A6 6 0 0 1 6.5 2.5a5.8 5.8 0 1 0 7 7z" />,
  system: <path d="M2 3h12v8H2zm4 11h4M8 11v3" />,
  menu: <path d="M2.5 4.5h11m-11 3.5h11m-11 3.5h11" />,
  user: <path d="M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8zm-5.2 5.6c.4-2.6 2.4-3.8 5.2-3.8s4.8 1.2 5.2 3.8" />,
  key: <path d="M5 13a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 5 13zm2-4.8L12.8 2.5m-2.6 2.6 2 2" />,
  robot: <path d="M3 6h10v7H3zm5-3.5V6M6 9v.5M10 9v.5" />,
  refresh: <path d="M13.5 8A5.5 5.5 0 1 1 11.6 3.9M12 1.5v2.7H9.3" />,
  download: <path d="M8 2.5v7.3M5 7l3 3 3-3m-8.5 6h11" />,
  link: (
    <path d="M6.7 9.3a2.5 2.5 0 0 0 3.6 0l2.4-2.4A2.5 2.5 0 0 0 9 3.3l-.8.8m1.1 2.6a2.5 2.5 0 0 0-3.6 0L3.3 9.1A2.5 2.5 0 0 0 7 12.7l.8-.8" />
  ),
  filter: <path d="M2 3.5h12M4.5 8h7M7 12.5h2" />,
  alert: <path d="M8 2 14.5 13.5h-13zM8 6.5v3.2m0 1.8v.1" />,
  star: <path d="m8 2 1.8 3.8 4.2.5-3.1 2.9.8 4.1L8 11.3l-3.7 2 .8-4.1L2 6.3l4.2-.5z" />,
} satisfies Readonly<Record<string, ReactNode>>;

export type IconName = keyof typeof icons;

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg className={styles.icon} viewBox="0 0 16 16" aria-hidden="true">
    {icons[name]}
  </svg>
);
