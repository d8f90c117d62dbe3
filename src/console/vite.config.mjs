import { fileURLToPath } from 'node:url';

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Builds dist/console. Vite compiles JSX on its own; its plugin for React only adds hot reload. */
export default {
  root: folder('.'),
  // Relative, so that the console works behind a proxy that adds a prefix; the server adds `<base href>`.
  base: './',
  publicDir: false,
  logLevel: 'warn',
  build: {
    outDir: folder('../../dist/console'),
    emptyOutDir: true,
    assetsDir: 'console',
    // Inlined assets would be data: addresses, which the policy of the page forbids for scripts and styles.
    assetsInlineLimit: 0,
    manifest: 'manifest.json',
    modulePreload: { polyfill: false },
    target: ['chrome123', 'firefox121', 'safari17.5'],
    chunkSizeWarningLimit: 2_000,
    reportCompressedSize: false,
    rolldownOptions: {
      checks: { pluginTimings: false },
      output: { chunkFileNames: ({ name }) => `console/${name.replace(/\W/g, '_')}-[hash].js` },
    },
  },
};
