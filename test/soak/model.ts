// Who must hold an address and who may, from what is known of two nodes: what the soak waits for after each fault.

/** What was done to a node, as far as it bears on who holds what. */
export interface NodeState {
  readonly name: string;
  /** Runs and is not frozen. */
  readonly isAlive: boolean;
  readonly hasCable: boolean;
  /** Its adverts leave. */
  readonly speaks: boolean;
  /** Adverts of others come in. */
  readonly hears: boolean;
  /** keepalived keeps its addresses when it is killed or frozen. */
  readonly keepsWhenDead: boolean;
  /** Priority by instance; one that is missing is not configured there. */
  readonly priorities: ReadonlyMap<string, number>;
}

/** Hosts by name. */
export interface Expected {
  readonly must: readonly string[];
  readonly may: readonly string[];
}

/**
 * The holders of an instance's addresses once all timers have run. A node that hears a better one holds nothing; one
 * that hears none holds them, or tries to where its own adverts do not leave, since nobody can tell it why.
 */
export function expectedHolders(instance: string, nodes: readonly NodeState[]): Expected {
  const must: string[] = [];
  const may: string[] = [];
  for (const node of nodes) {
    const priority = node.priorities.get(instance);
    if (!node.isAlive) {
      if (node.keepsWhenDead) may.push(node.name);
    } else if (priority !== undefined && node.hasCable) {
      const hearsBetter = nodes.some(
        (other) =>
          other !== node && isHeard(node, other, instance) && outranks(other, priority, instance),
      );
      if (!hearsBetter) (node.speaks ? must : may).push(node.name);
    }
  }
  return { must, may };
}

/** Whether `holders` are those that were expected. */
export function isExpected({ must, may }: Expected, holders: readonly string[]): boolean {
  return (
    must.every((name) => holders.includes(name)) &&
    holders.every((name) => must.includes(name) || may.includes(name))
  );
}

function isHeard(listener: NodeState, speaker: NodeState, instance: string): boolean {
  const isSpeaking = speaker.isAlive && speaker.hasCable && speaker.speaks;
  return listener.hears && isSpeaking && speaker.priorities.has(instance);
}

function outranks(other: NodeState, priority: number, instance: string): boolean {
  return (other.priorities.get(instance) ?? 0) > priority;
}
