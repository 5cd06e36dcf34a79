import type { GuestMessage, GuestState, HostMessage } from '../messages.ts';
import { guestState, hostMessage } from '../messages.ts';
import type { VsCodeApi } from './vscodeApi.ts';

/** The guest's end of the conversation with the extension. */
export class HostLink {
  readonly #api: VsCodeApi = acquireVsCodeApi();

  /** Every message that the host sends; one that is not understood is reported back, and otherwise ignored. */
  listen(onMessage: (message: HostMessage) => void): void {
    window.addEventListener('message', (event: MessageEvent<unknown>) => {
      const parsed = hostMessage.safeParse(event.data);
      if (parsed.success) onMessage(parsed.data);
      else
        this.post({
          type: 'problem',
          message: `The transcript view did not understand: ${parsed.error.message}`,
        });
    });
  }

  post(message: GuestMessage): void {
    this.#api.postMessage(message);
  }

  /** What was kept for this transcript when the guest was last closed. */
  keptState(ref: string): GuestState | undefined {
    const parsed = guestState.safeParse(this.#api.getState());
    return parsed.success && parsed.data.ref === ref ? parsed.data : undefined;
  }

  keep(state: GuestState): void {
    this.#api.setState(state);
  }
}
