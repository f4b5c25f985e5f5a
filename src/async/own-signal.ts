/**
 * A signal that aborts with the first of these. Each piece of parallel work listens to one of its own: Node warns of a
 * leak where more than 10 listen to one signal.
 */
export function ownSignal(...sources: AbortSignal[]): AbortSignal {
  return AbortSignal.any(sources);
}
