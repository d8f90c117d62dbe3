/* Starts GraphiQL in the browser: a field for the API key above it, and the examples as its first tabs. */
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createElement as h, useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import 'graphiql/graphiql.css';
import './boot.css';

(() => {
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
    return createGraphiQLFetcher({
      url,
      subscriptionUrl,
      enableIncrementalDelivery: false,
      headers: key ? { 'x-api-key': key } : {},
      wsConnectionParams: key ? { apiKey: key } : {},
    });
  }

  /* What the server says about a key: a wrong one must not look as if it worked. */
  async function judge(key) {
    if (!key) return 'no key: every operation is refused';
    try {
      const response = await window.fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': key },
        body: JSON.stringify({ query: '{ viewer { name } }' }),
      });
      const { data, errors } = await response.json();
      if (data?.viewer) return `in use as ${data.viewer.name}, for this browser tab`;
      return `refused: ${errors?.[0]?.message ?? response.status}`;
    } catch {
      return 'not checked: the server does not respond';
    }
  }

  /* GraphiQL shows no variables of its first tab unless it is given them; what the browser kept goes first. */
  const firstVariables = (tabs) =>
    window.localStorage.getItem('graphiql:query') === null ? tabs[0]?.variables : undefined;

  /* Messages about a run link to `?run=<id>`. */
  function queryOfRun() {
    const id = new URLSearchParams(window.location.search).get('run');
    if (!/^[0-9a-f-]{36}$/i.test(id ?? '')) return undefined;
    return `{\n  execution(executionId: "${id}") {\n    id\n    status\n    failureDetails\n    application { name }\n    attempts { attempt actor { name } }\n    history { action }\n  }\n}\n`;
  }

  function App({ tabs }) {
    const [key, setKey] = useState(window.sessionStorage.getItem(keptAs) ?? '');
    const [typed, setTyped] = useState(key);
    const [verdict, setVerdict] = useState('');
    const fetcher = useMemo(() => fetcherFor(key), [key]);
    const variables = useMemo(() => firstVariables(tabs), [tabs]);
    useEffect(() => {
      let current = true;
      setVerdict('checking …');
      void judge(key).then((text) => current && setVerdict(text));
      return () => {
        current = false;
      };
    }, [key]);
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
      h('output', null, verdict),
    );
    /* A new fetcher loads the schema again. The tabs stay, with what was typed into them. */
    return h(
      'div',
      { className: 'slipway' },
      form,
      h(GraphiQL, {
        fetcher,
        variables,
        query: queryOfRun(),
        defaultTabs: tabs,
        defaultEditorToolsVisibility: 'variables',
      }),
    );
  }

  window
    .fetch(root.dataset.examples)
    .then((response) => (response.ok ? response.text() : ''))
    .catch(() => '')
    .then((text) => createRoot(root).render(h(App, { tabs: tabsOf(text) })));
})();
