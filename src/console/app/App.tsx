import { lazy, Suspense, useEffect, useMemo } from 'react';
import { Provider } from 'urql';
import { Route, Router, Switch } from 'wouter';
import { ActionHost } from '../actions/ActionHost';
import { createApi } from '../data/api';
import { basePath } from '../data/server';
import { Skeleton } from '../parts/Skeleton';
import { Toasts } from '../parts/Toast';
import { SignIn } from '../session/SignIn';
import { session } from '../session/session';
import { ErrorBoundary } from './ErrorBoundary';
import { Missing } from './Missing';
import { pages } from './pages';
import { Shell } from './Shell';
import { listenForShortcuts } from './shortcuts';

const routes = pages.map((page) => ({ ...page, Page: lazy(page.load) }));

export function App() {
  const { key } = session.use();
  useEffect(listenForShortcuts, []);
  // A cache for each key: what one person may see must not be shown to the next
  const api = useMemo(() => (key === '' ? undefined : createApi()), [key]);
  if (api === undefined) return <SignIn />;
  return (
    <Provider value={api}>
      <Router base={basePath}>
        <Shell>
          <Switch>
            {routes.map(({ path, Page }) => (
              <Route key={path} path={path}>
                <ErrorBoundary key={path}>
                  <Suspense fallback={<Skeleton />}>
                    <Page />
                  </Suspense>
                </ErrorBoundary>
              </Route>
            ))}
            <Route>
              <Missing />
            </Route>
          </Switch>
        </Shell>
        <ActionHost />
        <Toasts />
      </Router>
    </Provider>
  );
}
