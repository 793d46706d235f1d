import { ui } from './ui.svelte';

/** Sends an officer's order; what the engine says comes back to every console over the stream. */
export async function command(order: Record<string, unknown>): Promise<boolean> {
  try {
    const answer = await fetch('/api/commands', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-haishao': '1' },
      body: JSON.stringify(order),
    });
    if (answer.ok) {
      ui.message = `${ui.w('done')}: ${String(order.do)}`;
      return true;
    }
    const said = (await answer.json()) as { message?: string };
    ui.message = `${ui.w('commandFailed')}: ${said.message ?? answer.status}`;
  } catch {
    ui.message = `${ui.w('commandFailed')}: ${ui.w('linkLost')}`;
  }
  return false;
}

export async function replayOrder(order: Record<string, unknown>): Promise<void> {
  try {
    await fetch('/api/replay', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-haishao': '1' },
      body: JSON.stringify(order),
    });
  } catch {
    // The banner tells that the link is lost.
  }
}
