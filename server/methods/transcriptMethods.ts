import {
  transcriptsExport,
  transcriptsFind,
  transcriptsImage,
  transcriptsOutline,
  transcriptsPage,
  transcriptsText,
} from '../protocol/transcriptMethods.ts';
import type { SessionSource } from '../sources/source.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import type { Registry } from './registry.ts';
import { transcriptImage } from './transcriptImage.ts';
import { transcriptPage, transcriptText } from './transcriptPages.ts';
import { TranscriptReader } from './transcriptReader.ts';
import { exportTranscript, findInTranscript, transcriptOutline } from './transcriptScan.ts';

export function registerTranscriptMethods(
  registry: Registry,
  store: SessionStore,
  sources: readonly SessionSource[],
): void {
  const reader = new TranscriptReader(store, sources);
  registry.register(transcriptsPage, (params) => transcriptPage(reader, params));
  registry.register(transcriptsText, (params) => transcriptText(reader, params));
  registry.register(transcriptsImage, (params) => transcriptImage(reader, params));
  registry.register(transcriptsFind, (params) => findInTranscript(reader, params));
  registry.register(transcriptsOutline, (params) => transcriptOutline(reader, params));
  registry.register(transcriptsExport, (params) => exportTranscript(reader, store, params));
}
