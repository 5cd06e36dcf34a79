import assert from 'node:assert/strict';
import { test } from 'node:test';
import { panelHtml } from '../../../client/transcript/panelHtml.ts';

const html = panelHtml({
  cspSource: "'self' https://*.vscode-cdn.net",
  nonce: 'abc123==',
  language: 'de',
  script: 'https://x/transcript.js?a=1&b="2"',
  styles: ['https://x/codicon.css', 'https://x/transcript.css'],
});

test('the policy allows the one script, styles and fonts of the extension, what the page itself makes, and nothing else', () => {
  const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
  assert.deepEqual(policy.split('; '), [
    "default-src 'none'",
    "style-src 'self' https://*.vscode-cdn.net",
    "font-src 'self' https://*.vscode-cdn.net",
    "script-src 'nonce-abc123=='",
    'img-src blob:',
    'worker-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  assert.equal(html.match(/<script/g)?.length, 1);
  assert.ok(html.includes('<script nonce="abc123==" src='));
  assert.doesNotMatch(html, /\son\w+=|style=/);
});

test('addresses are escaped', () => {
  assert.ok(html.includes('src="https://x/transcript.js?a=1&amp;b=&quot;2&quot;"'));
});
