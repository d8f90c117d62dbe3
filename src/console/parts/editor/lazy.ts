import { lazy } from 'react';

/** CodeMirror is large: a page loads it when it shows an editor. */
export const YamlEditor = lazy(() => import('./YamlEditor'));
export const TextDiff = lazy(() => import('./TextDiff'));
