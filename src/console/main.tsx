import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { applyTheme } from './theme/theme';
import './theme/tokens.css';
import './theme/base.css';

const root = document.getElementById('console');
if (root === null) throw new Error('the page has no element #console');
applyTheme();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
