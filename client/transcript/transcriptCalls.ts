import type { CallParamsOf, Method, ResultOf } from '../../server/protocol/method.ts';
import {
  transcriptsFind,
  transcriptsImage,
  transcriptsOutline,
  transcriptsPage,
  transcriptsText,
} from '../../server/protocol/transcriptMethods.ts';
import type { Call } from '../services/call.ts';

type Ask<M extends Method> = (params: Omit<CallParamsOf<M>, 'ref'>) => Promise<ResultOf<M>>;

/** What the server is asked about one transcript. Each throws CallError. */
export interface TranscriptCalls {
  readonly page: Ask<typeof transcriptsPage>;
  readonly find: Ask<typeof transcriptsFind>;
  readonly outline: Ask<typeof transcriptsOutline>;
  readonly text: Ask<typeof transcriptsText>;
  readonly image: Ask<typeof transcriptsImage>;
}

export function transcriptCalls(call: Call, ref: string): TranscriptCalls {
  return {
    page: (params) => call(transcriptsPage, { ...params, ref }),
    find: (params) => call(transcriptsFind, { ...params, ref }),
    outline: (params) => call(transcriptsOutline, { ...params, ref }),
    text: (params) => call(transcriptsText, { ...params, ref }),
    image: (params) => call(transcriptsImage, { ...params, ref }),
  };
}
