/* Starts GraphiQL in the browser: a field for the API key above it, and the examples as its first tabs. */
(() => {
  const { createElement: h, useMemo, useState } = window.React;
  const { GraphiQL } = window;
  const keptAs = 'slipway.apiKey';
  const root = document.getElementById('slipway');
  const url = window.location.pathname;
  const subscriptionUrl = `${window.location.origin.replace(/^http/, 'ws')}${url}`;

  /* Each example begins with "# === <title>"; a line "# variables: {…}" says what goes into the variables' editor. */
  function tabsOf(text) {
    return text
      .split(/^# === /m)
      .slice(1)
      .map((section) => {
        const variables = /^# variables: (.*)$/m.exec(section);
        const query = `# ${section.replace(/^# variables: .*\n/m, '').trim()}\n`;
        return { query, variables: variables ? JSON.stringify(JSON.parse(variables[1]), null, 2) : undefined };
      });
  }

  /* The browser keeps the key for this tab only, and sends it to nobody but this server. */
  function fetcherFor(key) {
    return GraphiQL.createFetcher({
      url,
      subscriptionUrl,
      enableIncrementalDelivery: false,
      headers: key ? { 'x-api-key': key } : {},
      wsConnectionParams: key ? { apiKey: key } : {},
    });
  }

  function App({ tabs }) {
    const [key, setKey] = useState(window.sessionStorage.getItem(keptAs) ?? '');
    const [typed, setTyped] = useState(key);
    const fetcher = useMemo(() => fetcherFor(key), [key]);
    const use = (event) => {
      event.preventDefault();
      const next = typed.trim();
      if (next) window.sessionStorage.setItem(keptAs, next);
      else window.sessionStorage.removeItem(keptAs);
      setKey(next);
    };
    const form = h(
      'form',
      { className: 'slipway-key', onSubmit: use },
      h('strong', null, 'Slipway'),
      h('label', { htmlFor: 'slipway-key' }, 'API key'),
      h('input', {
        id: 'slipway-key',
        type: 'password',
        autoComplete: 'off',
        spellCheck: false,
        placeholder: 'needed for every operation',
        value: typed,
        onChange: (event) => setTyped(event.target.value),
      }),
      h('button', { type: 'submit' }, 'Use'),
      h('output', null, key ? 'in use, for this browser tab' : 'no key: every operation is refused'),
    );
    /* Another key may see another part of the data: starting anew also loads the schema anew. */
    return h(
      'div',
      { className: 'slipway' },
      form,
      h(GraphiQL, {
        key: fetchers.idOf(fetcher),
        fetcher,
        defaultTabs: tabs,
        defaultEditorToolsVisibility: 'variables',
      }),
    );
  }

  /* React wants a key for "this is another GraphiQL"; the API key itself has no business there. */
  const fetchers = {
    ids: new Map(),
    idOf(fetcher) {
      if (!this.ids.has(fetcher)) this.ids.set(fetcher, this.ids.size);
      return this.ids.get(fetcher);
    },
  };

  window
    .fetch(root.dataset.examples)
    .then((response) => (response.ok ? response.text() : ''))
    .catch(() => '')
    .then((text) => window.ReactDOM.createRoot(root).render(h(App, { tabs: tabsOf(text) })));
})();
