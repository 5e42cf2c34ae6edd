// Computes which nodes must and may hold an address, given the state of both: the soak waits for this after each fault.

/** The state of a node that determines what it holds. */
export interface NodeState {
  readonly name: string;
  /** Running and not frozen. */
  readonly isAlive: boolean;
  readonly hasCable: boolean;
  /** Its adverts are not dropped. */
  readonly canSend: boolean;
  /** Adverts to it are not dropped. */
  readonly canReceive: boolean;
  /** Keeps its addresses when killed or frozen, as keepalived does. */
  readonly keepsWhenDead: boolean;
  /** Priority by instance name. A missing instance is not configured. */
  readonly priorities: ReadonlyMap<string, number>;
}

/** Names of nodes. */
export interface Expected {
  readonly must: readonly string[];
  readonly may: readonly string[];
}

/**
 * The holders of an instance's addresses once all timers have expired. A node that receives adverts of a higher priority
 * holds nothing. Any other node holds the addresses, or tries to if its own adverts are dropped.
 */
export function expectedHolders(instance: string, nodes: readonly NodeState[]): Expected {
  const must: string[] = [];
  const may: string[] = [];
  for (const node of nodes) {
    const priority = node.priorities.get(instance);
    if (!node.isAlive) {
      if (node.keepsWhenDead) may.push(node.name);
    } else if (priority !== undefined && node.hasCable) {
      const isOutranked = nodes.some(
        (other) =>
          other !== node && receives(node, other, instance) && outranks(other, priority, instance),
      );
      if (!isOutranked) (node.canSend ? must : may).push(node.name);
    }
  }
  return { must, may };
}

/** Whether `holders` are as expected. */
export function isExpected({ must, may }: Expected, holders: readonly string[]): boolean {
  return (
    must.every((name) => holders.includes(name)) &&
    holders.every((name) => must.includes(name) || may.includes(name))
  );
}

function receives(receiver: NodeState, sender: NodeState, instance: string): boolean {
  const isSending = sender.isAlive && sender.hasCable && sender.canSend;
  return receiver.canReceive && isSending && sender.priorities.has(instance);
}

function outranks(other: NodeState, priority: number, instance: string): boolean {
  return (other.priorities.get(instance) ?? 0) > priority;
}
