import { html, type TemplateResult } from 'lit';
import type { GuestState } from '../messages.ts';
import { icon } from './controls.ts';
import { groupNames, isShown, toggled } from './kindGroups.ts';
import type { ViewContext } from './viewContext.ts';

/** A switch for each group of kinds; all are on until one is turned off. */
export function filterBar(
  { strings }: ViewContext,
  kinds: GuestState['kinds'],
  filter: (kinds: GuestState['kinds']) => void,
): TemplateResult {
  return html`<div class="filter" role="group" aria-label=${strings.filter}>
    ${groupNames.map((group) => {
      const isOn = isShown(kinds, group);
      return html`<button
        class="chip"
        type="button"
        aria-pressed=${isOn ? 'true' : 'false'}
        @click=${() => filter(toggled(kinds, group))}
      >
        ${icon(isOn ? 'check' : 'circle-slash')}${strings.kindGroups[group]}
      </button>`;
    })}
  </div>`;
}
