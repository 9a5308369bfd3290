import type { HostTask } from '../playbook/types.ts';

/** The handlers that are due, in the order of the file. */
export const createNotifications = (handlers: readonly HostTask[]) => {
  const due = new Set<HostTask>();
  /** Taken, and not run yet: whoever notifies them now is heard by that run. */
  const taken = new Set<HostTask>();
  return {
    notify: (names: readonly string[]): void => {
      for (const handler of handlers) {
        const { name, listen } = handler.task;
        const isMeant = names.includes(name) || listen.some((topic) => names.includes(topic));
        if (isMeant && !taken.has(handler)) due.add(handler);
      }
    },
    take: (): readonly HostTask[] => {
      const chosen = handlers.filter((handler) => due.has(handler));
      due.clear();
      for (const handler of chosen) taken.add(handler);
      return chosen;
    },
    ran: (handler: HostTask): void => void taken.delete(handler),
  };
};
