// First, since it changes how every schema that is made after it works.
// oxlint-disable-next-line import/no-unassigned-import -- there is nothing to use of it
import '../../zodWithoutEval.ts';
import { TranscriptElement } from './transcriptElement.ts';

customElements.define('lockstep-transcript', TranscriptElement);
