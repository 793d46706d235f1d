import { ui } from './ui.svelte';

/** Asks the server; what it says, or in which words it refuses. */
export async function ask<T>(path: string, order?: object): Promise<{ told: T; said: '' } | { told: undefined; said: string }> {
  try {
    const answer = await fetch(path, order && { method: 'POST', headers: { 'content-type': 'application/json', 'x-haishao': '1' }, body: JSON.stringify(order) });
    const told = await answer.json();
    if (answer.ok) return { told: told as T, said: '' };
    const { error, message } = told as { error?: string; message?: string };
    return { told: undefined, said: error === 'wrong-login' ? ui.w('wrongLogin') : error === 'new-password' ? ui.w('newPassword') : (message ?? String(answer.status)) };
  } catch {
    return { told: undefined, said: ui.w('linkLost') };
  }
}
