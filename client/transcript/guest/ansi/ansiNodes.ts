import { revealBidi } from '../../../services/plainText.ts';
import type { AnsiColour, AnsiRun, AnsiStyle } from '../../ansiRuns.ts';

const flags = ['bold', 'dim', 'italic', 'underline', 'strike'] as const;

/**
 * Terminal output for the page. The 16 colours are classes, which take the theme's; others are set through the
 * object model, as the page's policy refuses style attributes. The stylesheet keeps all of them legible.
 */
export function ansiNodes(runs: readonly AnsiRun[]): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const { text, style } of runs) {
    const span = document.createElement('span');
    const classes = applyStyle(span, style);
    if (classes.length === 0) {
      fragment.append(revealBidi(text));
      continue;
    }
    span.className = classes.join(' ');
    span.textContent = revealBidi(text);
    fragment.append(span);
  }
  return fragment;
}

function applyStyle(span: HTMLElement, style: AnsiStyle): string[] {
  const classes: string[] = flags.filter((flag) => style[flag] === true).map((flag) => `ansi-${flag}`);
  const [foreground, background] =
    style.inverse === true ? [style.background, style.foreground] : [style.foreground, style.background];
  if (style.inverse === true) classes.push('ansi-inverse');
  if (foreground !== undefined) {
    classes.push('ansi-fg');
    span.style.setProperty('--ansi-fg', css(foreground));
  }
  if (background !== undefined) {
    classes.push('ansi-bg');
    span.style.setProperty('--ansi-bg', css(background));
  }
  return classes;
}

function css(colour: AnsiColour): string {
  return 'index' in colour ? `var(--ansi-${colour.index})` : `rgb(${colour.rgb.join(' ')})`;
}
