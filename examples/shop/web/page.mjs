import { euros } from './quotes.mjs';

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text) => String(text).replace(/[&<>"']/g, (character) => escapes[character]);

/** The shop's only page. `quotes` is undefined when the inventory does not answer. */
export function renderPage({ title, version, quotes }) {
  const row = ({ name, unitCents, available }) =>
    `<tr><td>${escaped(name)}</td><td>${euros(unitCents)}</td><td>${available ? 'in stock' : 'sold out'}</td></tr>`;
  const goods = quotes
    ? `<table>\n<tr><th>Article</th><th>Price</th><th></th></tr>\n${quotes.map(row).join('\n')}\n</table>`
    : '<p>Our prices are not available at the moment. Please come back soon.</p>';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .4rem; border-bottom: 1px solid #ccc; }
footer { margin-top: 2rem; color: #666; }
</style>
<h1>${escaped(title)}</h1>
${goods}
<footer>web ${escaped(version)}</footer>
</html>
`;
}
