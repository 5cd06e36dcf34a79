export interface PanelHtmlOptions {
  readonly cspSource: string;
  readonly nonce: string;
  readonly language: string;
  readonly script: string;
  readonly styles: readonly string[];
}

/**
 * The guest's page. Styles and the icon font come from the extension's own folder, scripts carry the nonce. Pictures
 * and workers are only made of what the page itself holds (`blob:`). Nothing else is allowed: no inline script or
 * handler, no connection, no frame, no form.
 */
export function panelHtml({ cspSource, nonce, language, script, styles }: PanelHtmlOptions): string {
  const policy = [
    "default-src 'none'",
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
    `script-src 'nonce-${nonce}'`,
    'img-src blob:',
    'worker-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const links = styles
    .map((style) => `<link rel="stylesheet" href="${escapeAttribute(style)}">`)
    .join('\n  ');
  return `<!DOCTYPE html>
<html lang="${escapeAttribute(language)}">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${escapeAttribute(policy)}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  ${links}
</head>
<body>
  <lockstep-transcript></lockstep-transcript>
  <script nonce="${nonce}" src="${escapeAttribute(script)}"></script>
</body>
</html>
`;
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
