import { PROBLEM_CODES, type ProblemCode } from '../domain/errors.js';
import { PROBLEM_KINDS } from './problem.js';

/** The page behind a problem's `type`. Everything on it comes from our own table, nothing from the request. */
export function problemPage(code: ProblemCode): string {
  const { status, title, help } = PROBLEM_KINDS[code];
  const others = PROBLEM_CODES.filter((other) => other !== code).map(
    (other) => `<a href="/problems/${other}">${other}</a>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${code} · ect-ledger</title>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p><code>${code}</code>, HTTP ${status}</p>
<p>${escapeHtml(help)}</p>
<p>All routes: <a href="/docs">/docs</a>. Other problems: ${others.join(', ')}.</p>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
