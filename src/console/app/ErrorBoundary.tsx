import { Component, type ReactNode } from 'react';
import { ApiError } from '../../client/apiError';
import { ErrorNote } from '../parts/ErrorNote';

interface State {
  readonly error: Error | null;
}

/** Shows what broke a page, and leaves the rest of the console usable. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    // After an update of the server, the chunks of the page that is open are gone.
    const outdated = /import|fetch dynamically|module script/i.test(error.message);
    const message = outdated
      ? 'This part of the console could not be loaded; the server may have been updated.'
      : error.message;
    return <ErrorNote error={new ApiError('INTERNAL', message, true)} onRetry={() => window.location.reload()} />;
  }
}
